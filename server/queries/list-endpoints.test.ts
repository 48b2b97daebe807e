import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { insertEndpoint } from '#server/store/endpoint-store.ts';
import { createTestDatabase, PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { type EndpointFilter, listEndpoints } from './list-endpoints.ts';

let fixture: ReturnType<typeof createTestDatabase>;
beforeEach(() => {
  fixture = createTestDatabase();
});
afterEach(() => fixture.remove());

async function make(...names: string[]): Promise<void> {
  for (const name of names) {
    await fixture.database.transact((transaction) => insertEndpoint(transaction, name, PLAIN_ENDPOINT));
  }
}

/** All names, page by page, and how many queries the first page took. */
async function readPages(filter: EndpointFilter, limit: number): Promise<{ names: string[]; firstSelects: number }> {
  const context = { ...fixture, gatewayUrl: 'http://127.0.0.1:8080' };
  const select = vi.spyOn(fixture.database.orm, 'select');
  const names: string[] = [];
  let firstSelects = 0;
  let cursor: string | undefined;
  do {
    const page = await listEndpoints(context, SYSTEM_ACTOR, filter, { limit, cursor });
    firstSelects ||= select.mock.calls.length;
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  select.mockRestore();
  return { names, firstSelects };
}

test('pages hold every endpoint once, also where the last one is full and where a state passes over some', async () => {
  const all = ['iris-a', 'iris-b', 'iris-c', 'iris-d', 'iris-e', 'iris-f'];
  await make(...all);
  for (const limit of [1, 2, 3, 4, 6, 7]) {
    expect((await readPages({}, limit)).names).toEqual(all);
    expect((await readPages({ state: 'empty' }, limit)).names).toEqual(all);
  }
  expect((await readPages({ state: 'healthy' }, 2)).names).toEqual([]);
});

test('a page costs the same however many endpoints lie beyond it', async () => {
  await make('iris-a', 'iris-b', 'iris-c');
  const { firstSelects } = await readPages({}, 2);
  await make('later-a', 'later-b', 'later-c');
  expect((await readPages({}, 2)).firstSelects).toBe(firstSelects);
});
