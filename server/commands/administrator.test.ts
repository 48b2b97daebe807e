import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authenticateApiKey, authenticateStudioUser } from '#server/identity/authenticate-api-key.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { listApiKeys } from '#server/store/api-key-store.ts';
import { createManualClock, createTestDatabase } from '#server/store/store-fixture.ts';
import { findUserByEmail, needsFirstUser } from '#server/store/user-store.ts';
import { bootstrapAdministrator } from './bootstrap-administrator.ts';
import { createApiKey } from './create-api-key.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { createSetupCode, setUpInstallation } from './set-up-installation.ts';
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
  const setUp = (setupCode: ReturnType<typeof createSetupCode>, code: string, as = email) =>
    setUpInstallation({ database: fixture.database, setupCode }, { ...person, email: as, code });

  test('the right code makes the first administrator, once, and is spent', async () => {
    let spent = 0;
    const setupCode = createSetupCode(() => (spent += 1));
    const code = setupCode.current() ?? '';
    expect(await setUp(setupCode, ` ${code.toUpperCase()} `)).toMatchObject({ email, role: 'administrator' });
    expect([spent, setupCode.current(), await needsFirstUser(fixture.database)]).toEqual([1, null, false]);
    await expect(setUp(setupCode, code)).rejects.toMatchObject({ code: 'setup.already_done' });
  });

  test('two visitors with the right code at once make one administrator', async () => {
    const setupCode = createSetupCode(() => undefined);
    const code = setupCode.current() ?? '';
    const both = await Promise.allSettled(['a@example.org', 'b@example.org'].map((one) => setUp(setupCode, code, one)));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('guessing is refused, and after a few guesses it has to wait', async () => {
    const setupCode = createSetupCode(() => undefined);
    for (let i = 0; i < 5; i += 1)
      await expect(setUp(setupCode, 'wrong')).rejects.toMatchObject({ code: 'setup.wrong_code' });
    await expect(setUp(setupCode, setupCode.current() ?? '')).rejects.toMatchObject({ code: 'auth.throttled' });
  });
});

describe('administrator from the settings', () => {
  test('every start gives the same account and key', async () => {
    const { database } = fixture;
    for (let start = 0; start < 2; start += 1) await bootstrapAdministrator({ database }, { email, password, apiKey });
    expect(await needsFirstUser(database)).toBe(false);
    expect(await listApiKeys(database)).toHaveLength(1);
    expect(await authenticateApiKey(database, apiKey, clock.now())).toMatchObject({
      kind: 'api_key',
      role: 'administrator',
    });
  });

  test('a changed password and a changed key replace the ones before', async () => {
    const { database } = fixture;
    await bootstrapAdministrator({ database }, { email, password, apiKey });
    await bootstrapAdministrator({ database }, { email, password: 'another long password', apiKey: `${apiKey}-new` });
    expect(await signIn({ database }, { email, password: 'another long password', address: '::1' })).toMatchObject({
      email,
    });
    await expect(authenticateApiKey(database, apiKey, clock.now())).rejects.toMatchObject({ code: 'auth.required' });
  });

  test('a key that was taken out of the settings stops working', async () => {
    const { database } = fixture;
    await bootstrapAdministrator({ database }, { email, password, apiKey });
    await bootstrapAdministrator({ database }, { email, password });
    await expect(authenticateApiKey(database, apiKey, clock.now())).rejects.toMatchObject({ code: 'auth.required' });
  });

  test('a key alone works, with nobody who could sign in, and set-up stays open', async () => {
    const { database } = fixture;
    await bootstrapAdministrator({ database }, { apiKey });
    expect(await authenticateApiKey(database, apiKey, clock.now())).toMatchObject({ role: 'administrator' });
    expect(await needsFirstUser(database)).toBe(true);
    const automation = { email: 'automation@viridian.invalid', password: '', address: '::1' };
    await expect(signIn({ database }, automation)).rejects.toMatchObject({ code: 'auth.invalid_credentials' });
  });
});

describe('signing in', () => {
  beforeEach(() => bootstrapAdministrator({ database: fixture.database }, { email, password }));
  const attempt = (given: string, address = '192.0.2.1', as = email) =>
    signIn({ database: fixture.database }, { email: as, password: given, address });
  const wrong = { code: 'auth.invalid_credentials' };
  const throttled = { code: 'auth.throttled' };

  test('five wrong passwords are free, then the right one has to wait too, and gets in afterwards', async () => {
    for (let i = 0; i < 5; i += 1) await expect(attempt('wrong')).rejects.toMatchObject(wrong);
    await expect(attempt(password)).rejects.toMatchObject({ ...throttled, retryAfterSeconds: 1 });
    clock.advance(1_000);
    expect(await attempt(password)).toMatchObject({ email });
  });

  test('another address does not help against one account, nor another account against one address', async () => {
    for (let i = 0; i < 5; i += 1) await expect(attempt('wrong', `192.0.2.${i}`)).rejects.toMatchObject(wrong);
    await expect(attempt(password, '198.51.100.1')).rejects.toMatchObject(throttled);
    clock.advance(3_600_000);
    for (let i = 0; i < 5; i += 1) {
      await expect(attempt('wrong', '203.0.113.9', `nobody${i}@example.org`)).rejects.toMatchObject(wrong);
    }
    await expect(attempt(password, '203.0.113.9')).rejects.toMatchObject(throttled);
  });

  test('many attempts at once are not all free', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => attempt('wrong')));
    const codes = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : '',
    );
    expect(codes.filter((code) => code === wrong.code)).toHaveLength(5);
    expect(codes.filter((code) => code === throttled.code)).toHaveLength(7);
  });

  test('an own account does not wash an address clean', async () => {
    for (let i = 0; i < 4; i += 1) {
      await expect(attempt('wrong', '203.0.113.9', `victim${i}@example.org`)).rejects.toMatchObject(wrong);
    }
    expect(await attempt(password, '203.0.113.9')).toMatchObject({ email });
    await expect(attempt('wrong', '203.0.113.9', 'victim5@example.org')).rejects.toMatchObject(wrong);
    await expect(attempt(password, '203.0.113.9')).rejects.toMatchObject(throttled);
  });
});

describe('API keys', () => {
  async function administrator() {
    await bootstrapAdministrator({ database: fixture.database }, { email, password });
    const user = await findUserByEmail(fixture.database, email);
    return authenticateStudioUser(fixture.database, user?.id ?? '');
  }

  test('a key works until it is revoked, and only its digest is stored', async () => {
    const { database } = fixture;
    const actor = await administrator();
    const key = await createApiKey({ database }, actor, { name: 'ci', expiresAt: null });
    expect(await authenticateApiKey(database, key.value, clock.now())).toMatchObject({
      name: `${email} (API key ci)`,
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
    const key = await createApiKey({ database }, actor, {
      name: 'short',
      expiresAt: formatInstant(clock.now() + 1_000),
    });
    clock.advance(1_000);
    await expect(authenticateApiKey(database, key.value, clock.now())).rejects.toMatchObject({ code: 'auth.required' });
    await expect(
      createApiKey({ database }, actor, { name: 'past', expiresAt: formatInstant(clock.now()) }),
    ).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });

  test('a session whose account is gone is refused', async () => {
    await expect(authenticateStudioUser(fixture.database, 'usr_gone')).rejects.toMatchObject({ code: 'auth.required' });
  });
});
