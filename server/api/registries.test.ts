import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRegistryCredentials } from '#server/commands/open-registry-credentials.ts';
import { engineSocket, hasEngine } from '#server/environments/image/builder-fixture.ts';
import { createRegistryProbe } from '#server/environments/image/registry-probe.ts';
import { startFixtureRegistry } from '#server/environments/image/registry-fixture.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

const PASSWORD = 'canary-9f3b-password';
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const opened = async (host: string): Promise<{ username: string; password: string } | null> => {
  const masterKey = Buffer.from((await readFile(api.dataDir.masterKey, 'utf8')).trim(), 'hex');
  return openRegistryCredentials({ database: api.database, masterKey }, host);
};

test('credentials are stored sealed, replaced, and never answered', async () => {
  const written = { username: 'robot', password: PASSWORD, description: 'team' };
  const made = await api.call('PUT', '/registries/Registry.Example.com:5000', written);
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe('/api/v1/registries/registry.example.com:5000');
  expect(made.body).toMatchObject({ host: 'registry.example.com:5000', username: 'robot', description: 'team' });
  const again = await api.call('PUT', '/registries/registry.example.com:5000', { username: 'robot2' });
  expect(again).toMatchObject({ status: 200, body: { username: 'robot2', revision: made.body.revision + 1 } });
  expect(await opened('REGISTRY.example.com:5000')).toEqual({ username: 'robot2', password: PASSWORD });
  const { body: list } = await api.call('GET', '/registries');
  const { body: one } = await api.call('GET', '/registries/registry.example.com:5000');
  expect(list.items).toEqual([one]);
  const { body: audit } = await api.call('GET', '/audit?object=/registries/registry.example.com:5000');
  expect(audit.items.map(({ action }: { action: string }) => action)).toEqual(['registry.update', 'registry.create']);
  const told = JSON.stringify([made.body, again.body, list, one, audit]);
  expect(told).not.toContain(PASSWORD);
  expect((await readFile(api.dataDir.database)).includes(PASSWORD)).toBe(false);
});

test('what was read can be written back', async () => {
  await api.call('PUT', '/registries/ghcr.io', { username: 'a', password: PASSWORD });
  const { body, headers } = await api.call('GET', '/registries/ghcr.io');
  const back = await api.call('PUT', '/registries/ghcr.io', body, { 'if-match': headers.get('etag') ?? '' });
  expect(back.status).toBe(200);
  const late = await api.call('PUT', '/registries/ghcr.io', body, { 'if-match': headers.get('etag') ?? '' });
  expect(late).toMatchObject({ status: 412, body: { code: 'request.precondition_failed' } });
});

test('a registry without a stored password needs one', async () => {
  const { status, body } = await api.call('PUT', '/registries/quay.io', { username: 'a' });
  expect(status).toBe(422);
  expect(body.errors).toEqual([expect.objectContaining({ path: '/password' })]);
});

test.each(['https%3A%2F%2Fghcr.io', 'a%20b', 'host:99999', 'ghcr.io%2Fteam'])('%s is no registry', async (host) => {
  const { status } = await api.call('PUT', `/registries/${host}`, { username: 'a', password: 'b' });
  expect([404, 422]).toContain(status);
});

test('credentials that are deleted are gone', async () => {
  await api.call('PUT', '/registries/gone.example.com', { username: 'a', password: PASSWORD });
  expect((await api.call('DELETE', '/registries/gone.example.com')).status).toBe(204);
  expect(await opened('gone.example.com')).toBeNull();
  const calls = ['GET', 'DELETE'].map((method) => api.call(method, '/registries/gone.example.com'));
  for (const answer of [...(await Promise.all(calls)), await api.call('POST', '/registries/gone.example.com/test')]) {
    expect(answer).toMatchObject({ status: 404, body: { code: 'registry.not_found' } });
  }
});

test('a test without an engine says that there is none', async () => {
  await api.call('PUT', '/registries/none.example.com', { username: 'a', password: PASSWORD });
  const probe = createRegistryProbe('/nonexistent/docker.sock');
  const result = await probe.test({ host: 'none.example.com', username: 'a', password: PASSWORD });
  expect(result).toEqual({ ok: false, detail: expect.stringContaining('/nonexistent/docker.sock') });
});

describe.runIf(hasEngine)('a test of credentials', () => {
  test.each(['basic', 'bearer'] as const)('tells right from wrong ones (%s)', async (auth) => {
    const registry = await startFixtureRegistry({ auth, password: PASSWORD });
    const probe = createRegistryProbe(engineSocket);
    const { host } = registry;
    expect(await probe.test({ host, username: 'robot', password: PASSWORD })).toMatchObject({ ok: true });
    const wrong = await probe.test({ host, username: 'robot', password: 'wr0ng' });
    expect(wrong).toEqual({ ok: false, detail: expect.stringContaining('refuses the credentials') });
    expect(wrong.detail).not.toContain('wr0ng');
    await registry.close();
    expect(await probe.test({ host, username: 'robot', password: PASSWORD })).toEqual({
      ok: false,
      detail: expect.stringContaining('does not reach'),
    });
  });
});
