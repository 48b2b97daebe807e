import { eq, sql } from 'drizzle-orm';
import { counters } from '#drizzle/schema/counters.ts';
import type { Reader, Transaction } from './database.ts';

export type CounterName = 'route_revision' | 'retired_revision';

/** Adds one and returns the result; the first is 1. */
export async function nextCounter(transaction: Transaction, name: CounterName): Promise<number> {
  return transaction.orm
    .insert(counters)
    .values({ name, value: 1 })
    .onConflictDoUpdate({ target: counters.name, set: { value: sql`${counters.value} + 1` } })
    .returning()
    .get().value;
}

/** Leaves a counter at `value` at least. */
export async function raiseCounter(transaction: Transaction, name: CounterName, value: number): Promise<void> {
  transaction.orm
    .insert(counters)
    .values({ name, value })
    .onConflictDoUpdate({ target: counters.name, set: { value: sql`max(${counters.value}, ${value})` } })
    .run();
}

/** 0 before the first. */
export async function readCounter(reader: Reader, name: CounterName): Promise<number> {
  return reader.orm.select().from(counters).where(eq(counters.name, name)).get()?.value ?? 0;
}
