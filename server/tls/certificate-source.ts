import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { AcmeFiles } from './acme/acme-files.ts';
import { ensureLocalCertificate, type LocalCaFiles } from './local-certificate.ts';
import { namesOfMachine } from './machine-names.ts';
import { CertificateError, describeDates, readCertificate } from './read-certificate.ts';
import type { CertificateSource, ServedCertificate } from './served-certificate.ts';
import type { CertificateFilePair, TlsPlan } from './tls-config.ts';

export interface CertificateSourceOptions {
  plan: Exclude<TlsPlan, { kind: 'off' }>;
  host: string;
  domain: string | null;
  localCa: LocalCaFiles;
  /** Folder with what ACME has got. */
  acmeFolder: string;
  clock: Clock;
  logger: Logger;
  /** Between two looks at certificate files. */
  pollMs?: number;
}

/** Files and what ACME has got are read and compared, not watched: links that are swapped, network disks and mounted secrets all show up in this way. */
const FILES_POLL_MS = 2_000;
/** The local CA's certificate is renewed a month ahead, and addresses change rarely. */
const LOCAL_POLL_MS = 10 * 60_000;
/** Certificate and key are written one after the other: a pair that does not fit is a fault only when the next look finds it too. */
const LOOKS_BEFORE_FAULT = 2;

/**
 * Reads the certificates for the first time.
 * @throws CertificateError when there is none to serve
 */
export async function openCertificateSource(options: CertificateSourceOptions): Promise<CertificateSource> {
  const source = new PolledSource(options, await readPlan(options, []));
  source.warnOfDates();
  await warnOfModes(options);
  return source;
}

/** A key that every user of the host can read still works: mounted secrets often come so. Somebody should know. */
async function warnOfModes({ plan, logger }: CertificateSourceOptions): Promise<void> {
  if (plan.kind !== 'files') return;
  for (const { keyPath } of plan.pairs) {
    const { mode } = await stat(keyPath);
    if ((mode & 0o004) !== 0)
      logger.warn({ path: keyPath }, 'every user of this host may read the private key; chmod 600');
  }
}

class PolledSource implements CertificateSource {
  certificates: readonly ServedCertificate[];
  problem: string | null = null;
  private readonly options: CertificateSourceOptions;
  private failedLooks = 0;
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<void> | null = null;
  private onChange: () => void = () => undefined;

  constructor(options: CertificateSourceOptions, certificates: readonly ServedCertificate[]) {
    this.options = options;
    this.certificates = certificates;
  }

  check(): Promise<void> {
    this.checking ??= this.look().finally(() => {
      this.checking = null;
    });
    return this.checking;
  }

  watch(onChange: () => void): void {
    this.onChange = onChange;
    const { plan, pollMs = plan.kind === 'local' ? LOCAL_POLL_MS : FILES_POLL_MS } = this.options;
    this.timer = setInterval(() => void this.check(), pollMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  warnOfDates(): void {
    for (const certificate of this.certificates) {
      const fault = describeDates(certificate, this.options.clock.now());
      if (fault !== null) this.options.logger.error({ names: certificate.names }, `a certificate ${fault}`);
    }
  }

  private async look(): Promise<void> {
    try {
      const found = await readPlan(this.options, this.certificates);
      this.failedLooks = 0;
      this.settle(found, null);
    } catch (error) {
      this.failedLooks += 1;
      if (this.failedLooks < LOOKS_BEFORE_FAULT) return;
      this.settle(this.certificates, error instanceof CertificateError ? error.message : describe(error));
    }
  }

  private settle(certificates: readonly ServedCertificate[], problem: string | null): void {
    const { logger } = this.options;
    const isNew = !areAlike(certificates, this.certificates);
    if (!isNew && problem === this.problem) return;
    if (problem !== null)
      logger.error({ problem }, 'the certificates on disk cannot be used; the former ones are served on');
    this.certificates = certificates;
    this.problem = problem;
    if (isNew) {
      logger.info({ fingerprints: certificates.map(({ fingerprint }) => fingerprint) }, 'serving new certificates');
      this.warnOfDates();
    }
    this.onChange();
  }
}

async function readPlan(
  options: CertificateSourceOptions,
  current: readonly ServedCertificate[],
): Promise<ServedCertificate[]> {
  const { plan, host, domain, localCa, clock } = options;
  if (plan.kind === 'files') {
    return Promise.all(plan.pairs.map((pair, i) => readPair(pair, current[i], clock.now())));
  }
  const names = namesOfMachine({ host, domain, extra: plan.extraNames });
  const { certificate, renewed } = await ensureLocalCertificate(localCa, names, clock.now());
  if (renewed !== null) options.logger.info({ why: renewed, names }, 'the local CA signed a certificate');
  if (plan.kind === 'local') return [certificate];
  const got = await new AcmeFiles(options.acmeFolder).readCertificates();
  const named = plan.acme.names.flatMap((name) => got.get(name) ?? []);
  return [...named, ...[...got.values()].filter((one) => !named.includes(one)), certificate];
}

async function readPair(
  { certificatePath, keyPath }: CertificateFilePair,
  current: ServedCertificate | undefined,
  nowMs: number,
): Promise<ServedCertificate> {
  const [chainPem, keyPem] = await Promise.all([readText(certificatePath), readText(keyPath)]);
  if (current?.chainPem === chainPem && current.keyPem === keyPem) return current;
  const certificate = readCertificate({
    origin: 'files',
    chainPem,
    keyPem,
    certificateName: certificatePath,
    keyName: keyPath,
  });
  const fault = describeDates(certificate, nowMs);
  if (fault !== null && current !== undefined && describeDates(current, nowMs) === null) {
    throw new CertificateError(`The new certificate in ${certificatePath} ${fault}.`);
  }
  return certificate;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CertificateError(`${path} cannot be read (${describe(error)}).`);
  }
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'this user may not read it';
  return message;
}

function areAlike(a: readonly ServedCertificate[], b: readonly ServedCertificate[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ chainPem, keyPem }, i) => chainPem === b[i]?.chainPem && keyPem === b[i]?.keyPem)
  );
}
