import { eq } from 'drizzle-orm';
import { settings } from '#drizzle/schema/settings.ts';
import type { Reader, Transaction } from './database.ts';

/** Facts about this installation and the type of each. */
export interface Settings {
  /** Instance types are seeded once; what an operator removed does not come back. */
  instance_types_seeded: boolean;
  environments_seeded: boolean;
  /** Who signs endpoint tokens: this installation. */
  token_issuer: string;
  /** Marks what this installation made on a Docker engine. */
  installation_id: string;
}

export async function readSetting<Name extends keyof Settings>(
  reader: Reader,
  name: Name,
): Promise<Settings[Name] | null> {
  const row = reader.orm.select().from(settings).where(eq(settings.name, name)).get();
  return row === undefined ? null : (row.value as Settings[Name]);
}

export async function writeSetting<Name extends keyof Settings>(
  transaction: Transaction,
  name: Name,
  value: Settings[Name],
): Promise<void> {
  transaction.orm
    .insert(settings)
    .values({ name, value })
    .onConflictDoUpdate({ target: settings.name, set: { value } })
    .run();
}
