import { isDeepStrictEqual } from 'node:util';
import type { EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EnvironmentVersionRecord, StoredDefinition } from '#server/domain/environment.ts';
import { environmentVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import {
  findEnvironmentVersion,
  insertEnvironmentVersion,
  listEnvironmentVersions,
  updateEnvironmentVersion,
} from '#server/store/environment-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { EnvironmentContext } from './environment-context.ts';
import { storeDefinition } from './store-definition.ts';

export interface RegisterEnvironmentVersion {
  name: string;
  /** Numbered by the registry when it is left out. */
  version?: string | undefined;
  written: EnvironmentVersionWrite;
  /** Made for a deployment from an inline object. */
  anonymous?: boolean;
  /** JSON pointer of the description in the caller's body; the whole body without one. */
  at?: string;
  precondition?: Precondition;
}

type Context = Pick<EnvironmentContext, 'database' | 'storedFiles' | 'openSource' | 'uploads'>;

/**
 * Makes a version, or replaces the words about one that is there with the same definition.
 * @throws AppError `environment.version_exists`; `request.invalid` naming the field
 */
export async function registerEnvironmentVersion(
  context: Context,
  actor: Actor,
  command: RegisterEnvironmentVersion,
): Promise<{ version: EnvironmentVersionRecord; created: boolean }> {
  const { name, written, at = '' } = command;
  authorize(actor, 'environment.write', environmentVersionPath(name, command.version ?? ''));
  const definition = await storeDefinition(context, written, at);
  return context.database.transact(async (transaction) => {
    const version = command.version ?? nextNumber(await listEnvironmentVersions(transaction, name));
    const known = await findEnvironmentVersion(transaction, name, version);
    if (command.precondition) checkPrecondition(command.precondition, known?.revision ?? null);
    if (known !== null)
      return { version: await replaceWords(transaction, actor, known, definition, written), created: false };
    await recordAudit(transaction, {
      actor,
      action: 'environment.create',
      object: environmentVersionPath(name, version),
    });
    const row = { name, version, anonymous: command.anonymous ?? false, definition, ...wordsOf(written) };
    return { version: await insertEnvironmentVersion(transaction, row), created: true };
  });
}

type Words = Pick<EnvironmentVersionRecord, 'description' | 'tags' | 'properties'>;

function wordsOf({ description, tags, properties }: EnvironmentVersionWrite): Words {
  return { description: description ?? '', tags: tags ?? {}, properties: properties ?? {} };
}

async function replaceWords(
  transaction: Transaction,
  actor: Actor,
  known: EnvironmentVersionRecord,
  definition: StoredDefinition,
  written: EnvironmentVersionWrite,
): Promise<EnvironmentVersionRecord> {
  const { name, version } = known;
  if (!isDeepStrictEqual(known.definition, definition)) {
    const detail = `Environment "${name}" has a version ${version} already, and versions do not change. Write the next one.`;
    throw new AppError('environment.version_exists', detail);
  }
  const words = wordsOf(written);
  const { description, tags, properties } = known;
  if (isDeepStrictEqual(words, { description, tags, properties })) return known;
  await recordAudit(transaction, {
    actor,
    action: 'environment.update',
    object: environmentVersionPath(name, version),
  });
  return updateEnvironmentVersion(transaction, known, words);
}

/** The number after the highest one. */
function nextNumber(versions: readonly EnvironmentVersionRecord[]): string {
  const numbers = versions.map(({ version }) => (/^[1-9][0-9]{0,8}$/.test(version) ? Number(version) : 0));
  return String(Math.max(0, ...numbers) + 1);
}
