import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authenticateApiKey, authenticateStudioUser } from '#server/identity/authenticate-api-key.ts';
import { listApiKeys } from '#server/store/api-key-store.ts';
import { createManualClock, createTestDatabase } from '#server/store/store-fixture.ts';
import { countUsers, findUserByEmail } from '#server/store/user-store.ts';
import { bootstrapAdministrator } from './bootstrap-administrator.ts';
import { completeSetUp, createSetupCode } from './complete-set-up.ts';
import { createApiKey } from './create-api-key.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { signIn } from './sign-in.ts';

const clock = createManualClock();
let fixture: ReturnType<typeof createTestDatabase>;
beforeEach(() => {
  fixture = createTestDatabase(clock);
});
afterEach(() => fixture.remove());

const email = 'admin@example.org';
const password = 'correct horse battery';
const apiKey = 'a-key-from-the-settings-0123456789ab';
const person = { email, password, name: 'Admin' };

describe('set-up', () => {
  test('the right code makes the first administrator, once', async () => {
    const { database } = fixture;
    const code = createSetupCode();
    const user = await completeSetUp(database, code, { ...person, code: ` ${code.value.toUpperCase()} ` });
    expect(user).toMatchObject({ email, role: 'administrator' });
    await expect(completeSetUp(database, code, { ...person, code: code.value })).rejects.toMatchObject({
      code: 'setup.already_done',
    });
  });

  test('two visitors with the right code at once make one administrator', async () => {
    const { database } = fixture;
    const code = createSetupCode();
    const both = await Promise.allSettled(
      ['a@example.org', 'b@example.org'].map((one) =>
        completeSetUp(database, code, { ...person, email: one, code: code.value }),
      ),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await countUsers(database)).toBe(1);
  });

  test('after twenty wrong codes not even the right one is taken', async () => {
    const code = createSetupCode();
    for (let i = 0; i < 20; i += 1) expect(() => code.check('wrong')).toThrow('does not match');
    expect(() => code.check(code.value)).toThrow('Too many wrong codes');
  });
});

describe('administrator from the settings', () => {
  test('every start gives the same account and key', async () => {
    const { database } = fixture;
    for (let start = 0; start < 2; start += 1) await bootstrapAdministrator(database, { email, password, apiKey });
    expect(await countUsers(database)).toBe(1);
    expect(await listApiKeys(database)).toHaveLength(1);
    expect(await authenticateApiKey(database, apiKey, clock.now())).toMatchObject({
      kind: 'api_key',
      role: 'administrator',
    });
  });

  test('a changed password and a changed key replace the ones before', async () => {
    const { database } = fixture;
    await bootstrapAdministrator(database, { email, password, apiKey });
    await bootstrapAdministrator(database, { email, password: 'another long password', apiKey: `${apiKey}-new` });
    expect(
      await signIn(database, { email, password: 'another long password', address: '::1' }, clock.now()),
    ).toMatchObject({ email });
    await expect(authenticateApiKey(database, apiKey, clock.now())).rejects.toMatchObject({ code: 'auth.required' });
  });

  test('a key alone works without an account that anybody could sign in to', async () => {
    const { database } = fixture;
    await bootstrapAdministrator(database, { email: undefined, password: undefined, apiKey });
    expect(await authenticateApiKey(database, apiKey, clock.now())).toMatchObject({ role: 'administrator' });
  });
});

describe('signing in', () => {
  beforeEach(() => bootstrapAdministrator(fixture.database, { email, password, apiKey: undefined }));
  const attempt = (given: string, address = '192.0.2.1', as = email) =>
    signIn(fixture.database, { email: as, password: given, address }, clock.now());

  test('five wrong passwords are free, then the right one has to wait too, and gets in afterwards', async () => {
    for (let i = 0; i < 5; i += 1)
      await expect(attempt('wrong')).rejects.toMatchObject({ code: 'auth.invalid_credentials' });
    await expect(attempt(password)).rejects.toMatchObject({ code: 'auth.throttled', retryAfterSeconds: 1 });
    clock.advance(1_000);
    expect(await attempt(password)).toMatchObject({ email });
  });

  test('another address does not help against one account, nor another account against one address', async () => {
    for (let i = 0; i < 5; i += 1)
      await expect(attempt('wrong', `192.0.2.${i}`)).rejects.toMatchObject({ code: 'auth.invalid_credentials' });
    await expect(attempt(password, '198.51.100.1')).rejects.toMatchObject({ code: 'auth.throttled' });
    clock.advance(3_600_000);
    for (let i = 0; i < 5; i += 1)
      await expect(attempt('wrong', '203.0.113.9', `nobody${i}@example.org`)).rejects.toMatchObject({
        code: 'auth.invalid_credentials',
      });
    await expect(attempt(password, '203.0.113.9')).rejects.toMatchObject({ code: 'auth.throttled' });
  });
});

describe('API keys', () => {
  async function administrator() {
    await bootstrapAdministrator(fixture.database, { email, password, apiKey: undefined });
    const user = await findUserByEmail(fixture.database, email);
    return authenticateStudioUser(fixture.database, user?.id ?? '');
  }

  test('a key works until it is revoked, and only its digest is stored', async () => {
    const { database } = fixture;
    const actor = await administrator();
    const key = await createApiKey({ database }, actor, { name: 'ci', expiresAt: null });
    expect(await authenticateApiKey(database, key.value, clock.now())).toMatchObject({
      name: 'API key "ci"',
      userId: actor.userId,
    });
    expect(JSON.stringify(await listApiKeys(database))).not.toContain(key.value);
    await revokeApiKey({ database }, actor, key.id);
    await expect(authenticateApiKey(database, key.value, clock.now())).rejects.toMatchObject({ code: 'auth.required' });
    await expect(revokeApiKey({ database }, actor, key.id)).rejects.toMatchObject({ code: 'api_key.not_found' });
  });

  test('a key ends when it expires, and cannot be made expired', async () => {
    const { database } = fixture;
    const actor = await administrator();
    const key = await createApiKey({ database }, actor, { name: 'short', expiresAt: clock.now() + 1_000 });
    clock.advance(1_000);
    await expect(authenticateApiKey(database, key.value, clock.now())).rejects.toMatchObject({ code: 'auth.required' });
    await expect(createApiKey({ database }, actor, { name: 'past', expiresAt: clock.now() })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  test('a session whose account is gone is refused', async () => {
    await expect(authenticateStudioUser(fixture.database, 'usr_gone')).rejects.toMatchObject({ code: 'auth.required' });
  });
});
