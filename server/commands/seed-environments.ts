import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { EMPTY_DEFINITION } from '#server/domain/environment.ts';
import { environmentVersionPath } from '#server/domain/resource-path.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findEnvironmentVersion, insertEnvironmentVersion } from '#server/store/environment-store.ts';
import { readSetting, writeSetting } from '#server/store/setting-store.ts';
import type { CommandContext } from './command-context.ts';

/** An environment that comes with this installation. */
export interface SeedEnvironment {
  name: string;
  description: string;
  /** Lines of a requirements file. */
  requirements: readonly string[];
}

const VERSION = '1';

/**
 * Registers the environments that come along, once: what somebody removed does not come back. They are packages without a base, so that they run as
 * processes and in containers alike.
 */
export async function seedEnvironments(
  { database }: Pick<CommandContext, 'database'>,
  seeds: readonly SeedEnvironment[],
): Promise<void> {
  await database.transact(async (transaction) => {
    if ((await readSetting(transaction, 'environments_seeded')) === true) return;
    for (const { name, description, requirements } of seeds) {
      if ((await findEnvironmentVersion(transaction, name, VERSION)) !== null) continue;
      const definition = { ...EMPTY_DEFINITION, pipRequirements: requirements.join('\n') };
      const words = { description, tags: { curated: 'true' }, properties: {} };
      await insertEnvironmentVersion(transaction, { name, version: VERSION, anonymous: false, definition, ...words });
      const object = environmentVersionPath(name, VERSION);
      await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'environment.create', object });
    }
    await writeSetting(transaction, 'environments_seeded', true);
  });
}
