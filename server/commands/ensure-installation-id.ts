import { randomName } from '#server/kernel/ids.ts';
import { readSetting, writeSetting } from '#server/store/setting-store.ts';
import type { CommandContext } from './command-context.ts';

/** Tells what this installation made on a shared engine from what others made there; made once. */
export function ensureInstallationId({ database }: Pick<CommandContext, 'database'>): Promise<string> {
  return database.transact(async (transaction) => {
    const known = await readSetting(transaction, 'installation_id');
    if (known !== null) return known;
    const made = randomName(12);
    await writeSetting(transaction, 'installation_id', made);
    return made;
  });
}
