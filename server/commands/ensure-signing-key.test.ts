import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { SIGNING_KEY_MAX_AGE_MS, TOKEN_LIFETIME_SECONDS } from '#server/domain/token-signing-key.ts';
import { TokenVerifier } from '#server/gateway/verify-token.ts';
import { listTokenSigningKeys, loadTokenIssuer } from '#server/store/token-signing-key-store.ts';
import { createTestDatabase } from '#server/store/store-fixture.ts';
import { replaceSigningKey } from './ensure-signing-key.ts';
import { signEndpointToken } from './issue-endpoint-token.ts';

const HOUR_MS = 3_600_000;

/** A database and a gateway whose workers confirm as long as `workers.confirm` says so. */
function createWorld() {
  const { database, clock, remove } = createTestDatabase();
  onTestFinished(remove);
  const workers = { confirm: true };
  const confirmation = () => ({ revision: 1, confirmed: workers.confirm ? 2 : 1, total: 2 });
  const context = {
    database,
    masterKey: randomBytes(32),
    routes: { publishAndConfirm: async () => confirmation(), current: confirmation },
  };
  return {
    context,
    clock,
    workers,
    issue: async () => (await signEndpointToken(context, SYSTEM_ACTOR, { uid: 'one' })).access_token,
    keys: () => listTokenSigningKeys(database),
    /** Whether the gateway, told what the store holds, would take it for a token of ours. */
    async verifies(token: string): Promise<boolean> {
      const issuer = await loadTokenIssuer(database);
      const tokens = issuer === null ? undefined : { issuer: issuer.issuer, keys: [...issuer.keys] };
      return new TokenVerifier(tokens).verify(Buffer.from(token)) !== null;
    },
  };
}

const kidOf = (token: string): string => {
  const [header = ''] = token.split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
};

let world: ReturnType<typeof createWorld>;
beforeEach(() => {
  world = createWorld();
});

describe('the signing key', () => {
  test('is made at the first token and stays until it is old', async () => {
    expect(await world.keys()).toEqual([]);
    const first = await world.issue();
    world.clock.advance(SIGNING_KEY_MAX_AGE_MS - HOUR_MS);
    expect(kidOf(await world.issue())).toBe(kidOf(first));
    world.clock.advance(HOUR_MS);
    expect(kidOf(await world.issue())).not.toBe(kidOf(first));
  });

  test('that was replaced loses its private half at once, and its public one when its last token has expired', async () => {
    await world.issue();
    world.clock.advance(SIGNING_KEY_MAX_AGE_MS - 1);
    const last = await world.issue();
    world.clock.advance(1);
    await world.issue();
    expect((await world.keys()).map(({ ciphertext }) => ciphertext === null)).toEqual([true, false]);
    expect(await world.verifies(last)).toBe(true);
    world.clock.advance(TOKEN_LIFETIME_SECONDS * 1_000);
    await replaceSigningKey(world.context, { revoke: false, note: async () => undefined });
    expect(await world.verifies(last)).toBe(true);
    world.clock.advance(HOUR_MS);
    await replaceSigningKey(world.context, { revoke: false, note: async () => undefined });
    expect(await world.verifies(last)).toBe(false);
  });

  test('that not every worker knows does not sign, while an older one can', async () => {
    const first = await world.issue();
    world.clock.advance(SIGNING_KEY_MAX_AGE_MS);
    world.workers.confirm = false;
    expect(kidOf(await world.issue())).toBe(kidOf(first));
    expect(kidOf(await world.issue())).toBe(kidOf(first));
    expect(await world.keys()).toHaveLength(2);
    world.workers.confirm = true;
    expect(kidOf(await world.issue())).not.toBe(kidOf(first));
  });

  test('that not every worker knows is refused where there is no other, and signs once they do', async () => {
    world.workers.confirm = false;
    await expect(world.issue()).rejects.toMatchObject({ code: 'traffic.not_confirmed' });
    world.workers.confirm = true;
    expect(await world.verifies(await world.issue())).toBe(true);
    expect(await world.keys()).toHaveLength(1);
  });

  test('is made once however many ask for the first token together', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => world.issue()));
    expect(new Set(tokens.map(kidOf)).size).toBe(1);
    expect(await world.keys()).toHaveLength(1);
  });

  test('of a revoked token signs no more, even when a worker does not confirm', async () => {
    const first = await world.issue();
    world.workers.confirm = false;
    const revoked = replaceSigningKey(world.context, { revoke: true, note: async () => undefined });
    await expect(revoked).rejects.toMatchObject({ code: 'traffic.not_confirmed' });
    expect(await world.verifies(first)).toBe(false);
    expect(kidOf(await world.issue())).not.toBe(kidOf(first));
  });

  test('cannot be opened with another master key, and a new one can be made then', async () => {
    await world.issue();
    world.context.masterKey = randomBytes(32);
    await expect(world.issue()).rejects.toMatchObject({ code: 'platform.internal' });
    await replaceSigningKey(world.context, { revoke: false, note: async () => undefined });
    expect(await world.verifies(await world.issue())).toBe(true);
  });
});
