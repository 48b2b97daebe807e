import { INITIAL_CURRENCY, listInitialInstanceTypes } from '#server/domain/initial-instance-types.ts';
import { findInstanceType, insertPrice, saveInstanceType } from '#server/store/instance-type-store.ts';
import { readSetting, writeSetting } from '#server/store/setting-store.ts';
import type { CommandContext } from './command-context.ts';

/** Makes the instance types of a new installation, once: what an operator removes stays away. */
export async function seedInstanceTypes({ database, host }: Pick<CommandContext, 'database' | 'host'>): Promise<void> {
  await database.transact(async (transaction) => {
    if (await readSetting(transaction, 'instance_types_seeded')) return;
    for (const { type, pricePerHourMicros } of listInitialInstanceTypes(host)) {
      if ((await findInstanceType(transaction, type.name)) !== null) continue;
      await saveInstanceType(transaction, type);
      await insertPrice(transaction, type.name, { pricePerHourMicros, currency: INITIAL_CURRENCY });
    }
    await writeSetting(transaction, 'instance_types_seeded', true);
  });
}
