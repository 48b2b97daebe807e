import { readFile } from 'node:fs/promises';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { isDue } from '../local-certificate.ts';
import type { CertificateWithKey } from '../pem-pair.ts';
import type { ServedCertificate } from '../served-certificate.ts';
import type { AcmePlan } from '../tls-config.ts';
import { type AccountKey, generateAccountKey, readAccountKey } from './account-key.ts';
import { AcmeClient, AcmeError } from './acme-client.ts';
import type { AcmeFiles, FailedAttempts } from './acme-files.ts';

/** What the gateway has to answer while a name is proved. */
export type ChallengeAnswer =
  | { kind: 'http-01'; token: string; keyAuthorization: string }
  | ({ kind: 'tls-alpn-01'; name: string } & CertificateWithKey);

export interface AcmeNameState {
  name: string;
  /** `valid`: there is a certificate; `waiting`: there is none yet; `failed`: the last attempt to get one failed, whatever there is. */
  state: 'valid' | 'waiting' | 'failed';
  notAfter: number | null;
  error: string | null;
  /** When the next attempt is due; null while none is needed. */
  nextAt: number | null;
}

export interface AcmeKeeperOptions {
  plan: AcmePlan;
  files: AcmeFiles;
  /** Names of the endpoints, whose hosts are certified where the plan says so. */
  listEndpoints(): Promise<readonly string[]>;
  /** Has every worker of the gateway answer these challenges and no others. */
  answerChallenges(answers: readonly ChallengeAnswer[]): Promise<void>;
  clock: Clock;
  logger: Logger;
  /** Between two looks at what is due. */
  intervalMs?: number;
}

/** Keeps a certificate for every name that was asked for. */
export interface AcmeKeeper {
  start(): void;
  /** Looks now; resolves when nothing that is due is left. */
  look(): Promise<void>;
  states(): Promise<AcmeNameState[]>;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 60_000;
const FIRST_BACK_OFF_MS = 60_000;
/** ACME servers allow few failures an hour: after some attempts there is one each six hours. */
const LONGEST_BACK_OFF_MS = 6 * 3_600_000;

export function createAcmeKeeper(options: AcmeKeeperOptions): AcmeKeeper {
  const { plan, files, clock, logger } = options;
  const ending = new AbortController();
  let looking: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  function look(): Promise<void> {
    looking ??= lookAtAll()
      .catch((error: unknown) => logger.error({ err: error }, 'certificates could not be looked after'))
      .finally(() => {
        looking = null;
      });
    return looking;
  }

  async function listNames(): Promise<string[]> {
    const { names, endpointsOf } = plan;
    const endpoints = endpointsOf === null ? [] : await options.listEndpoints();
    return [...new Set([...names, ...endpoints.map((endpoint) => `${endpoint.toLowerCase()}.${endpointsOf}`)])];
  }

  async function lookAtAll(): Promise<void> {
    await files.prepare();
    const kept = await files.readCertificates();
    const attempts = await files.readAttempts();
    for (const name of await listNames()) {
      if (ending.signal.aborted) return;
      if (isWanted(kept.get(name), attempts[name], clock.now())) await attempt(name, attempts);
    }
  }

  async function attempt(name: string, attempts: FailedAttempts): Promise<void> {
    try {
      await obtain(name);
      delete attempts[name];
      logger.info({ name }, 'got a certificate by ACME');
    } catch (error) {
      if (ending.signal.aborted) return;
      // A server that was set up anew knows no account of before: the next attempt opens another.
      if (error instanceof AcmeError && error.kind === 'accountDoesNotExist') await files.forgetAccount();
      const failures = (attempts[name]?.failures ?? 0) + 1;
      const nextAt = clock.now() + backOff(failures);
      attempts[name] = { failures, nextAt, error: (error as Error).message };
      logger.error({ name, failures, err: error }, 'could not get a certificate by ACME');
    }
    await files.writeAttempts(attempts);
  }

  async function obtain(name: string): Promise<void> {
    const client = await openAccount();
    // Loaded when it is needed: an installation with valid certificates needs it every two months.
    const { createCertificateRequest, createChallengeCertificate } = await import('./challenge-certificate.ts');
    const { csr, keyPem } = await createCertificateRequest(name);
    const chainPem = await client.obtain({
      name,
      challengeType: plan.challenge,
      csr,
      async answerChallenge({ token, keyAuthorization }) {
        const answer: ChallengeAnswer =
          plan.challenge === 'http-01'
            ? { kind: 'http-01', token, keyAuthorization }
            : { kind: 'tls-alpn-01', name, ...(await createChallengeCertificate(name, keyAuthorization, clock.now())) };
        await options.answerChallenges([answer]);
        return () => options.answerChallenges([]).catch(() => undefined);
      },
    });
    await files.writeCertificate(name, chainPem, keyPem);
  }

  /** One account for all names; its key outlives certificates and restarts. */
  async function openAccount(): Promise<AcmeClient> {
    const stored = await files.readAccount(plan.directory);
    const key: AccountKey = stored === null ? generateAccountKey() : readAccountKey(stored.jwk);
    const client = new AcmeClient({
      directoryUrl: plan.directory,
      caPem: plan.caPath === null ? null : await readFile(plan.caPath, 'utf8'),
      key,
      accountUrl: stored?.url ?? null,
      email: plan.email,
      signal: ending.signal,
    });
    await client.ensureAccount();
    if (stored === null && client.accountUrl !== null) {
      await files.writeAccount({ directory: plan.directory, url: client.accountUrl, jwk: key.jwk });
    }
    return client;
  }

  return {
    start() {
      timer = setInterval(() => void look(), options.intervalMs ?? LOOK_EVERY_MS);
      void look();
    },
    look,
    async states() {
      const kept = await files.readCertificates();
      const attempts = await files.readAttempts();
      return (await listNames()).map((name) => stateOf(name, kept.get(name), attempts[name]));
    },
    async stop() {
      clearInterval(timer);
      ending.abort();
      await looking;
    },
  };
}

function isWanted(
  kept: ServedCertificate | undefined,
  failed: FailedAttempts[string] | undefined,
  nowMs: number,
): boolean {
  return (kept === undefined || isDue(kept, nowMs)) && (failed === undefined || failed.nextAt <= nowMs);
}

function backOff(failures: number): number {
  return Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 4 ** (failures - 1));
}

function stateOf(
  name: string,
  kept: ServedCertificate | undefined,
  failed: FailedAttempts[string] | undefined,
): AcmeNameState {
  return {
    name,
    state: failed !== undefined ? 'failed' : kept === undefined ? 'waiting' : 'valid',
    notAfter: kept?.notAfter ?? null,
    error: failed?.error ?? null,
    nextAt: failed?.nextAt ?? null,
  };
}
