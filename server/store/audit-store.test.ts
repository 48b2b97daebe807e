import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBrokenAuditEntry, listAudit, recordAudit } from './audit-store.ts';
import { createTestDatabase } from './store-fixture.ts';

let fixture: ReturnType<typeof createTestDatabase>;
beforeEach(async () => {
  fixture = createTestDatabase();
  for (const object of ['/a', '/b', '/c']) {
    await fixture.database.transact((transaction) =>
      recordAudit(transaction, { actor: { name: 'ada' }, action: 'test.write', object, detail: { secret: false } }),
    );
  }
});
afterEach(() => fixture.remove());

/** As somebody would who got hold of the file. */
const tamper = (statement: string) =>
  fixture.database.transact(async (transaction) => void transaction.orm.run(statement));

test('entries are listed newest first and their chain is whole', async () => {
  const entries = await listAudit(fixture.database, { before: null, limit: 10 });
  expect(entries.map(({ object }) => object)).toEqual(['/c', '/b', '/a']);
  expect(await findBrokenAuditEntry(fixture.database)).toBeNull();
});

test.each([
  ['a changed actor', "update audit_log set actor = 'eve' where id = 2", 2],
  ['a changed detail', "update audit_log set detail = '{}' where id = 1", 1],
  ['a missing entry', 'delete from audit_log where id = 2', 3],
  ['a moved time', 'update audit_log set at = at + 1 where id = 3', 3],
])('%s shows', async (_name, statement, broken) => {
  await tamper(statement);
  expect(await findBrokenAuditEntry(fixture.database)).toBe(broken);
});
