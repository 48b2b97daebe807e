import { isDeepStrictEqual } from 'node:util';
import { AppError } from '#server/kernel/app-error.ts';
import type { EndpointWrite } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import { KEY_SLOTS, type EndpointRecord, type EndpointSettings } from '#server/domain/endpoint.ts';
import { mergePatch } from '#server/domain/merge-patch.ts';
import { describeWrittenEndpoint, parseEndpointSettings } from '#server/domain/present-endpoint.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { isConfirmed } from '#server/domain/route-publisher.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { findEndpoint, insertEndpoint, updateEndpoint } from '#server/store/endpoint-store.ts';
import { applySplit } from './apply-split.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { createEndpointKeyValue, saveKeyValue } from './create-endpoint-key.ts';
import { findLiveEndpointOrRefuse, refuseDeleting } from '#server/store/find-or-refuse.ts';

/** How long a write waits for the gateway before it answers; the change holds either way. */
const CONFIRM_MS = 500;
/** How long one waits that says who may call: it must not be answered while a worker still lets others in. */
const CONFIRM_ACCESS_MS = 5_000;

/** What decides who may call an endpoint. */
const ACCESS_FIELDS = [
  'authMode',
  'publicNetworkAccess',
  'allowedNetworks',
] as const satisfies (keyof EndpointSettings)[];

export interface PutEndpoint {
  name: string;
  /** Left out, an endpoint is made with every default; one that is there is not reset by it. */
  written: EndpointWrite | undefined;
  precondition: Precondition;
}

export interface PatchEndpoint {
  name: string;
  /** JSON merge patch, not checked yet. */
  patch: unknown;
  /** Checks the merged document. */
  parse: (merged: unknown) => EndpointWrite;
  precondition: Precondition;
}

export interface PutEndpointOutcome {
  endpoint: EndpointRecord;
  created: boolean;
}

/**
 * Makes an endpoint with two new keys, or replaces its settings. A split that is left out stays as it is; an equal write changes nothing.
 * @throws AppError `request.malformed` when nothing was written about an endpoint that is there, `traffic.not_confirmed` when who may call has
 * changed and a worker does not serve it
 */
export async function putEndpoint(
  context: CommandContext,
  actor: Actor,
  { name, written, precondition }: PutEndpoint,
): Promise<PutEndpointOutcome> {
  authorize(actor, 'endpoint.write', endpointPath(name));
  const { endpoint, created, access } = await context.database.transact(async (transaction) => {
    const current = await findEndpoint(transaction, name);
    checkPrecondition(precondition, current?.revision ?? null);
    if (current !== null) refuseDeleting(current);
    if (current !== null && written === undefined) throw wouldReset(name);
    const after = await write(transaction, context.masterKey, actor, { name, current, written: written ?? {} });
    return { endpoint: after, created: current === null, access: changesAccess(current, after) };
  });
  await serve(context, access);
  return { endpoint, created };
}

/** A client that lost its body must not lose the settings with it. */
function wouldReset(name: string): AppError {
  return new AppError(
    'request.malformed',
    `Endpoint "${name}" exists, and the body is empty. Send its settings, or {} to set all of them back to their defaults.`,
  );
}

/** Merges a patch into what an endpoint is, and writes the whole. @throws AppError `endpoint.not_found` besides those of a PUT */
export async function patchEndpoint(
  context: CommandContext,
  actor: Actor,
  { name, patch, parse, precondition }: PatchEndpoint,
): Promise<EndpointRecord> {
  authorize(actor, 'endpoint.write', endpointPath(name));
  const { endpoint, access } = await context.database.transact(async (transaction) => {
    const current = await findLiveEndpointOrRefuse(transaction, name);
    checkPrecondition(precondition, current.revision);
    const written = parse(mergePatch(describeWrittenEndpoint(current), patch));
    const after = await write(transaction, context.masterKey, actor, { name, current, written });
    return { endpoint: after, access: changesAccess(current, after) };
  });
  await serve(context, access);
  return endpoint;
}

function changesAccess(before: EndpointRecord | null, after: EndpointRecord): boolean {
  return before !== null && ACCESS_FIELDS.some((field) => !isDeepStrictEqual(before[field], after[field]));
}

/** @throws AppError `traffic.not_confirmed` when a worker may still let callers in by the old settings */
async function serve({ routes }: Pick<CommandContext, 'routes'>, access: boolean): Promise<void> {
  const confirmation = await routes.publishAndConfirm(access ? CONFIRM_ACCESS_MS : CONFIRM_MS);
  if (!access || isConfirmed(confirmation)) return;
  const { confirmed, total } = confirmation;
  const where = total === 0 ? 'the gateway is not connected' : `${confirmed} of ${total} gateway workers confirmed`;
  throw new AppError(
    'traffic.not_confirmed',
    `The settings are saved, but callers may be let in by the old ones for a moment: ${where}.`,
    { retryAfterSeconds: 2 },
  );
}

async function write(
  transaction: Transaction,
  masterKey: Buffer,
  actor: Actor,
  { name, current, written }: { name: string; current: EndpointRecord | null; written: EndpointWrite },
): Promise<EndpointRecord> {
  const settings = parseEndpointSettings(written);
  refuseForeignTokens(settings);
  const endpoint =
    current === null
      ? await create(transaction, masterKey, actor, name, settings)
      : await replace(transaction, actor, current, settings);
  const split = { traffic: written.traffic, mirrorTraffic: written.mirror_traffic };
  return applySplit(transaction, actor, endpoint, split);
}

/** Tokens of Microsoft Entra ID mean nothing to this installation; a mode that nobody checks would let everybody in or nobody. */
function refuseForeignTokens({ authMode }: EndpointSettings): void {
  if (authMode !== 'aad_token') return;
  const message = `"aad_token" needs Microsoft Entra ID, which has no part in this installation. Use "aml_token" for tokens, or "key".`;
  throw new AppError('request.invalid', `The auth_mode ${message}`, { errors: [{ path: '/auth_mode', message }] });
}

async function create(
  transaction: Transaction,
  masterKey: Buffer,
  actor: Actor,
  name: string,
  settings: EndpointSettings,
): Promise<EndpointRecord> {
  const endpoint = await insertEndpoint(transaction, name, settings);
  for (const slot of KEY_SLOTS) await saveKeyValue(transaction, masterKey, name, slot, createEndpointKeyValue());
  await recordAudit(transaction, { actor, action: 'endpoint.create', object: endpointPath(name) });
  await note(transaction, actor, endpoint, 'The endpoint was created.');
  return endpoint;
}

async function replace(
  transaction: Transaction,
  actor: Actor,
  current: EndpointRecord,
  settings: EndpointSettings,
): Promise<EndpointRecord> {
  const fields = Object.keys(settings) as (keyof EndpointSettings)[];
  const changed = fields.filter((field) => !isDeepStrictEqual(settings[field], current[field]));
  if (changed.length === 0) return current;
  const endpoint = await updateEndpoint(transaction, current.name, settings);
  const object = endpointPath(current.name);
  await recordAudit(transaction, { actor, action: 'endpoint.update', object, detail: { changed } });
  await note(transaction, actor, endpoint, `Settings were changed: ${changed.map(toSnakeCase).join(', ')}.`);
  return endpoint;
}

async function note(transaction: Transaction, actor: Actor, endpoint: EndpointRecord, text: string): Promise<void> {
  await recordActivity(transaction, {
    endpointName: endpoint.name,
    deploymentName: null,
    kind: 'config',
    actor: actor.name,
    text,
    operationId: null,
    revision: endpoint.revision,
  });
}

const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
