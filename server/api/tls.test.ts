import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';
import { ensureLocalCertificate } from '#server/tls/local-certificate.ts';
import { factsOf } from '#server/tls/served-certificate.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const untilState = (state: string) =>
  eventually(async () => {
    const { body } = await api.call('GET', '/tls');
    return body.state === state ? body : null;
  }, `TLS to be ${state}`);

test('an installation without TLS says so, and has no certificate to give out', async () => {
  api.gateway.send({ type: 'tls', tls: null });
  expect(await untilState('off')).toEqual({
    state: 'off',
    port: null,
    certificates: [],
    problem: null,
    local_ca: null,
    acme: null,
  });
  const { status, body } = await api.call('GET', '/tls/ca-certificate');
  expect([status, body.code]).toEqual([404, 'tls.no_local_ca']);
});

test('what the gateway serves is told, with the authority to trust and never with a key', async () => {
  const { certificate } = await ensureLocalCertificate(api.dataDir.localCa, ['localhost'], Date.now());
  api.gateway.send({ type: 'tls', tls: { port: 8443, certificates: [factsOf(certificate)], problem: 'a problem' } });
  const tls = await untilState('on');
  expect(tls).toMatchObject({
    port: 8443,
    problem: 'a problem',
    certificates: [{ origin: 'local', names: ['localhost'], fingerprint_sha256: certificate.fingerprint }],
  });
  expect(JSON.stringify(tls)).not.toMatch(/PEM|PRIVATE|BEGIN/i);

  const response = await fetch(`${api.apiUrl}/tls/ca-certificate`, {
    headers: { authorization: `Bearer ${api.apiKey}` },
  });
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="viridian-ca.crt"');
  const pem = await response.text();
  expect(pem).not.toContain('PRIVATE KEY');
  const authority = new X509Certificate(pem);
  expect(new X509Certificate(certificate.chainPem).verify(authority.publicKey)).toBe(true);
  expect(authority.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(tls.local_ca.fingerprint_sha256);
});

test('nothing is known of TLS while the gateway is away', async () => {
  api.gateway.disconnect();
  expect(await untilState('unknown')).toMatchObject({ port: null, certificates: [] });
});

test.each([
  ['127.0.0.1', {}, 'http://127.0.0.1:'],
  ['0.0.0.0', {}, 'https://localhost:18443/iris/score'],
  ['models.example.com', {}, 'https://models.example.com:18443/iris/score'],
  ['0.0.0.0', { VIRIDIAN_GATEWAY_TLS: 'off' }, 'http://localhost:'],
  ['127.0.0.1', { VIRIDIAN_GATEWAY_TLS: 'local' }, 'http://127.0.0.1:'],
])('callers of a gateway on %s with %j are pointed to %s', async (host, more, address) => {
  const stack = await startTestApi({ VIRIDIAN_HOST: host, VIRIDIAN_GATEWAY_TLS_PORT: '18443', ...more });
  onTestFinished(() => stack.stop());
  const { body } = await stack.call('PUT', '/endpoints/iris', {});
  expect(body.scoring_uri).toContain(address);
});
