import { isDeepStrictEqual } from 'node:util';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import { mergePatch } from '#server/domain/merge-patch.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findDeploymentOrRefuse, findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { checkServerAddresses, maskHeaders } from './external-servers.ts';
import { authorizeWrite, type PutDeploymentOutcome, writeDeployment } from './put-deployment.ts';

export interface PatchDeployment {
  key: DeploymentKey;
  /** JSON merge patch, not checked yet. */
  patch: unknown;
  /** Checks the merged document. */
  parse: (merged: unknown) => DeploymentWrite;
  /** Makes references of the inline parts of the merged document, and puts its code away. */
  registerParts: (written: DeploymentWrite) => Promise<DeploymentWrite>;
  allTraffic: boolean;
  precondition: Precondition;
}

/** Merges a patch into what was written before, and writes the whole. */
export async function patchDeployment(
  context: Pick<CommandContext, 'database' | 'host' | 'runtimes' | 'externals'>,
  actor: Actor,
  command: PatchDeployment,
): Promise<PutDeploymentOutcome> {
  const { key, parse, precondition, allTraffic } = command;
  authorize(actor, 'deployment.write', deploymentPath(key.endpointName, key.name));
  const patch = await prepare(context, actor, command);
  return context.database.transact(async (transaction) => {
    await findLiveEndpointOrRefuse(transaction, key.endpointName);
    const current = await findDeploymentOrRefuse(transaction, key);
    checkPrecondition(precondition, current.revision);
    const written = parse(mergePatch(maskHeaders(current.written), patch));
    authorizeWrite(actor, key, written);
    return writeDeployment(transaction, context, actor, { key, written, allTraffic, current });
  });
}

/** What takes time is done outside of the transaction: addresses are looked up, and inline parts of the patch become references. */
async function prepare(
  { database, externals }: Pick<CommandContext, 'database' | 'externals'>,
  actor: Actor,
  { key, patch, parse, registerParts }: PatchDeployment,
): Promise<unknown> {
  const current = await findDeploymentOrRefuse(database, key);
  const merged = parse(mergePatch(maskHeaders(current.written), patch));
  authorizeWrite(actor, key, merged);
  await checkServerAddresses(externals, merged);
  const { model, environment, code_configuration } = await registerParts(merged);
  const changed = Object.entries({ model, environment, code_configuration }).filter(
    ([field, value]) => value !== undefined && !isDeepStrictEqual(value, merged[field as keyof DeploymentWrite]),
  );
  return replaceFields(patch, Object.fromEntries(changed));
}

/** A reference stands in for the whole object, of which a merge would leave fields behind. */
function replaceFields(patch: unknown, fields: Record<string, unknown>): unknown {
  return { ...(patch as Record<string, unknown>), ...fields };
}
