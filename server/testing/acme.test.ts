import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { eventually } from './eventually.ts';
import { startBackEnd } from './start-back-end.ts';
import { findPebble, type Pebble, startPebble } from './start-pebble.ts';

const required = new Set((process.env['VIRIDIAN_REQUIRE'] ?? '').split(','));
const isSkipped = findPebble() === null && !required.has('pebble');
const NAME = 'models.example.org';
const HELLO = `GET /nothing HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`;

describe.skipIf(isSkipped)('ACME (needs the program pebble; VIRIDIAN_REQUIRE=pebble insists on it)', () => {
  let pebble: Pebble;
  beforeAll(async () => {
    pebble = await startPebble();
  });
  afterAll(() => pebble?.stop());

  async function start(challenge: string) {
    const backEnd = await startBackEnd({
      VIRIDIAN_GATEWAY_PORT: String(pebble.httpPort),
      VIRIDIAN_GATEWAY_TLS_PORT: String(pebble.tlsPort),
      VIRIDIAN_GATEWAY_WORKERS: '2',
      VIRIDIAN_ACME_NAMES: NAME,
      VIRIDIAN_ACME_DIRECTORY: pebble.directory,
      VIRIDIAN_ACME_CHALLENGE: challenge,
      VIRIDIAN_ACME_CA_FILE: pebble.caPath,
    });
    onTestFinished(() => backEnd.stop());
    return backEnd;
  }

  it.each(['http-01', 'tls-alpn-01'])(
    'the gateway proves a name by %s, serves the certificate without a restart, and other clients go on meanwhile',
    { timeout: 90_000 },
    async (challenge) => {
      const backEnd = await start(challenge);
      const lasting = await RawClient.connectTls(pebble.tlsPort, { rejectUnauthorized: false, servername: NAME });
      const tls = await eventually(
        async () => {
          // New clients come all the time, also while challenges are open.
          const passing = await RawClient.connectTls(pebble.tlsPort, { rejectUnauthorized: false, servername: NAME });
          expect((await passing.request(HELLO)).status).toBeGreaterThan(400);
          passing.close();
          const { body } = await backEnd.call('GET', '/tls');
          const served = body.certificates as { origin: string }[];
          return served.some(({ origin }) => origin === 'acme') ? body : null;
        },
        'the certificate to be served',
        45_000,
      );
      expect(tls).toMatchObject({
        certificates: [{ origin: 'acme', names: [NAME] }, { origin: 'local' }],
        acme: { challenge, names: [{ name: NAME, state: 'valid', error: null }] },
      });
      const ca = await pebble.readRoot();
      const client = await RawClient.connectTls(pebble.tlsPort, { ca, servername: NAME });
      expect((await client.request(HELLO)).status).toBeGreaterThan(400);
      expect((await lasting.request(HELLO)).status).toBeGreaterThan(400);
      for (const one of [client, lasting]) one.close();
    },
  );
});
