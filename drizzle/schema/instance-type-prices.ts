import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Prices are never changed, only followed by newer ones; they outlive their instance type, because what ran was charged by them. */
export const instanceTypePrices = sqliteTable(
  'instance_type_prices',
  {
    instanceType: text('instance_type').notNull(),
    effectiveFrom: integer('effective_from').notNull(),
    pricePerHourMicros: integer('price_per_hour_micros').notNull(),
    currency: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.instanceType, table.effectiveFrom] })],
);
