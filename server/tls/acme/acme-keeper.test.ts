import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findPebble, type Pebble, startPebble } from '#server/testing/start-pebble.ts';
import { temporaryFolder } from '../certificate-fixture.ts';
import type { AcmePlan } from '../tls-config.ts';
import { generateAccountKey } from './account-key.ts';
import { AcmeFiles } from './acme-files.ts';
import { type ChallengeAnswer, createAcmeKeeper } from './acme-keeper.ts';

const required = new Set((process.env['VIRIDIAN_REQUIRE'] ?? '').split(','));
const isSkipped = findPebble() === null && !required.has('pebble');
const DAY_MS = 24 * 3_600_000;
const logger = pino({ level: 'silent' });

describe.skipIf(isSkipped)(
  'certificates by ACME (needs the program pebble; VIRIDIAN_REQUIRE=pebble insists on it)',
  () => {
    let pebble: Pebble;
    beforeAll(async () => {
      pebble = await startPebble();
    });
    afterAll(() => pebble?.stop());

    /** A keeper whose challenges a web server of the test answers, and whose clock the test sets. */
    async function startKeeper(names: readonly string[], more: Partial<AcmePlan> = {}) {
      const answers = new Map<string, string>();
      const server = createServer((request, response) => {
        const answer = answers.get(request.url ?? '');
        response.writeHead(answer === undefined ? 404 : 200).end(answer);
      });
      server.listen(pebble.httpPort, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      const folder = join(await temporaryFolder(), 'acme');
      const files = new AcmeFiles(folder);
      const clock = { at: Date.now(), now: () => clock.at, monotonic: () => performance.now() };
      const plan: AcmePlan = {
        names,
        endpointsOf: null,
        directory: pebble.directory,
        challenge: 'http-01',
        email: 'operator@example.org',
        caPath: pebble.caPath,
        ...more,
      };
      const endpoints: string[] = [];
      let mayAnswer = true;
      const open = () =>
        createAcmeKeeper({
          plan,
          files,
          listEndpoints: async () => endpoints,
          clock,
          logger,
          async answerChallenges(list: readonly ChallengeAnswer[]) {
            answers.clear();
            for (const one of list) {
              if (one.kind === 'http-01' && mayAnswer)
                answers.set(`/.well-known/acme-challenge/${one.token}`, one.keyAuthorization);
            }
          },
        });
      return {
        keeper: open(),
        reopen: open,
        clock,
        folder,
        files,
        answers,
        endpoints,
        setAnswering: (may: boolean) => (mayAnswer = may),
      };
    }

    it('are got for every name, lead to the root of the server, and are readable by their owner only', async () => {
      const { keeper, files, folder, answers } = await startKeeper(['one.example.org', 'two.example.org']);
      expect((await keeper.states()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
      await keeper.look();
      const states = await keeper.states();
      expect(states).toMatchObject([
        { name: 'one.example.org', state: 'valid', error: null },
        { name: 'two.example.org', state: 'valid', error: null },
      ]);
      const got = (await files.readCertificates()).get('one.example.org');
      expect(got?.names).toEqual(['one.example.org']);
      const chain = (got?.chainPem ?? '').split(/(?<=END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem));
      const root = new X509Certificate(await pebble.readRoot());
      expect(chain.at(-1)?.verify(root.publicKey)).toBe(true);
      for (const file of ['account.json', 'certificates/one.example.org.pem']) {
        expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
      }
      expect(answers.size).toBe(0);
    });

    it('are left alone until a third of their time is left, then renewed with the same account', async () => {
      const { keeper, reopen, files, folder, clock } = await startKeeper(['renew.example.org']);
      await keeper.look();
      const account = await readFile(join(folder, 'account.json'), 'utf8');
      const first = (await files.readCertificates()).get('renew.example.org');
      const later = reopen();
      await later.look();
      expect((await files.readCertificates()).get('renew.example.org')).toEqual(first);
      clock.at = (first?.notAfter ?? 0) - ((first?.notAfter ?? 0) - (first?.notBefore ?? 0)) / 4;
      await later.look();
      const renewed = (await files.readCertificates()).get('renew.example.org');
      expect(renewed?.names).toEqual(['renew.example.org']);
      expect(renewed?.serialNumber).not.toBe(first?.serialNumber);
      expect(await readFile(join(folder, 'account.json'), 'utf8')).toBe(account);
    });

    it('are got for the hosts of endpoints as these come, where that was asked for', async () => {
      const { keeper, endpoints } = await startKeeper([], { endpointsOf: 'models.example.org' });
      expect(await keeper.states()).toEqual([]);
      endpoints.push('Iris');
      await keeper.look();
      expect(await keeper.states()).toMatchObject([{ name: 'iris.models.example.org', state: 'valid' }]);
    });

    it('that are refused are tried for later and later, across restarts, and the reason is told', async () => {
      const { keeper, reopen, clock, setAnswering } = await startKeeper(['refused.example.org']);
      setAnswering(false);
      await keeper.look();
      const [failed] = await keeper.states();
      expect(failed).toMatchObject({ state: 'failed', nextAt: clock.at + 60_000 });
      expect(failed?.error).toMatch(/refused\.example\.org could not be proved by http-01: .*404/);

      const restarted = reopen();
      setAnswering(true);
      await restarted.look();
      expect((await restarted.states())[0]?.state).toBe('failed');
      clock.at += 60_000;
      setAnswering(false);
      await restarted.look();
      expect((await restarted.states())[0]?.nextAt).toBe(clock.at + 240_000);
      clock.at += 240_000;
      setAnswering(true);
      await restarted.look();
      expect((await restarted.states())[0]).toMatchObject({ state: 'valid', error: null, nextAt: null });
    });

    it('are got with another account once the server does not know the first', async () => {
      const { keeper, files, clock } = await startKeeper(['again.example.org']);
      await files.prepare();
      const { jwk } = generateAccountKey();
      const url = `${new URL(pebble.directory).origin}/my-account/x`;
      await files.writeAccount({ directory: pebble.directory, url, jwk });
      await keeper.look();
      expect((await keeper.states())[0]?.error).toMatch(/accountDoesNotExist/);
      clock.at += 60_000;
      await keeper.look();
      expect((await keeper.states())[0]?.state).toBe('valid');
    });

    it('that fail to be renewed leave the one that there is', async () => {
      const { keeper, files, clock, setAnswering } = await startKeeper(['kept.example.org']);
      await keeper.look();
      const first = (await files.readCertificates()).get('kept.example.org');
      setAnswering(false);
      clock.at = (first?.notAfter ?? 0) - DAY_MS;
      await keeper.look();
      expect(await keeper.states()).toMatchObject([{ state: 'failed', notAfter: first?.notAfter }]);
      expect((await files.readCertificates()).get('kept.example.org')).toEqual(first);
    });
  },
);

it('a server that cannot be reached is told as such, and keeps nothing else from running', async () => {
  const folder = join(await temporaryFolder(), 'acme');
  const plan: AcmePlan = {
    names: ['a.example.org'],
    directory: 'http://127.0.0.1:9/directory',
    endpointsOf: null,
    challenge: 'http-01',
    email: null,
    caPath: null,
  };
  const clock = { now: () => 1_000_000, monotonic: () => 0 };
  const keeper = createAcmeKeeper({
    plan,
    files: new AcmeFiles(folder),
    listEndpoints: async () => [],
    clock,
    logger,
    answerChallenges: async () => undefined,
  });
  await keeper.look();
  expect(await keeper.states()).toMatchObject([
    { state: 'failed', notAfter: null, error: expect.stringContaining('ECONNREFUSED'), nextAt: 1_060_000 },
  ]);
});
