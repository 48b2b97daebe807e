import type { JsonWebKey } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '#server/kernel/read-if-there.ts';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { readCertificate } from '../read-certificate.ts';
import { joinPem, splitPem } from '../pem-pair.ts';
import type { ServedCertificate } from '../served-certificate.ts';

const accountSchema = z.object({ directory: z.string(), url: z.string(), jwk: z.record(z.string(), z.unknown()) });
const attemptsSchema = z.record(
  z.string(),
  z.object({ failures: z.number().int(), nextAt: z.number(), error: z.string() }),
);

/** An account at one ACME server. */
export interface StoredAccount {
  directory: string;
  url: string;
  /** Private key. */
  jwk: JsonWebKey;
}

/** Names whose last attempts failed: how often, when the next is due (epoch milliseconds), and why. */
export type FailedAttempts = z.infer<typeof attemptsSchema>;

/** What ACME leaves on disk, below one folder; the gateway reads the certificates of it. */
export class AcmeFiles {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.folder, 'certificates'), { recursive: true, mode: 0o700 });
  }

  /** Null where there is none at this server. */
  async readAccount(directory: string): Promise<StoredAccount | null> {
    const text = await readIfThere(join(this.folder, 'account.json'));
    if (text === null) return null;
    const account = accountSchema.parse(JSON.parse(text));
    return account.directory === directory ? account : null;
  }

  async writeAccount(account: StoredAccount): Promise<void> {
    await writeFileDurably(join(this.folder, 'account.json'), `${JSON.stringify(account)}\n`);
  }

  async forgetAccount(): Promise<void> {
    await rm(join(this.folder, 'account.json'), { force: true });
  }

  async readAttempts(): Promise<FailedAttempts> {
    const text = await readIfThere(join(this.folder, 'attempts.json'));
    return text === null ? {} : attemptsSchema.parse(JSON.parse(text));
  }

  async writeAttempts(attempts: FailedAttempts): Promise<void> {
    await writeFileDurably(join(this.folder, 'attempts.json'), `${JSON.stringify(attempts)}\n`);
  }

  /** Certificates by name; what is damaged is as good as not there. */
  async readCertificates(): Promise<Map<string, ServedCertificate>> {
    const found = new Map<string, ServedCertificate>();
    const files = await readdir(join(this.folder, 'certificates')).catch(() => []);
    for (const file of files.filter((one) => one.endsWith('.pem')).toSorted()) {
      const path = join(this.folder, 'certificates', file);
      const { certificatePem, keyPem } = splitPem((await readIfThere(path)) ?? '');
      try {
        const parts = { chainPem: certificatePem, keyPem, certificateName: path, keyName: path };
        found.set(file.slice(0, -'.pem'.length), readCertificate({ origin: 'acme', ...parts }));
      } catch {
        // The next renewal replaces it.
      }
    }
    return found;
  }

  async writeCertificate(name: string, chainPem: string, keyPem: string): Promise<void> {
    const path = join(this.folder, 'certificates', `${name}.pem`);
    readCertificate({ origin: 'acme', chainPem, keyPem, certificateName: path, keyName: path });
    await writeFileDurably(path, joinPem({ certificatePem: chainPem, keyPem }));
  }
}
