import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createCertificateAuthority, issueServerCertificate } from './local-ca.ts';
import type { CertificateWithKey } from './pem-pair.ts';
import { readCertificate } from './read-certificate.ts';
import type { ServedCertificate } from './served-certificate.ts';

export interface TestAuthority extends CertificateWithKey {
  /** Signs a certificate. @param issuedAt epoch milliseconds; certificates live 90 days */
  issue(names: readonly string[], issuedAt?: number): Promise<CertificateWithKey>;
  /** The same in the form in which the gateway serves it. */
  serve(names: readonly string[], issuedAt?: number): Promise<ServedCertificate>;
}

/** A certificate authority of the test's own. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const authority = await createCertificateAuthority('Test CA', Date.now());
  const issue = (names: readonly string[], issuedAt = Date.now()) => issueServerCertificate(authority, names, issuedAt);
  return {
    ...authority,
    issue,
    async serve(names, issuedAt) {
      const { certificatePem, keyPem } = await issue(names, issuedAt);
      return readCertificate({
        origin: 'files',
        chainPem: certificatePem,
        keyPem,
        certificateName: 'the certificate',
        keyName: 'the key',
      });
    },
  };
}

/** A folder that is removed with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-tls-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a pair as operators do: the certificate first, then the key. */
export async function writePair(
  folder: string,
  { certificatePem, keyPem }: CertificateWithKey,
): Promise<{ certificatePath: string; keyPath: string }> {
  const paths = { certificatePath: join(folder, 'server.crt'), keyPath: join(folder, 'server.key') };
  await writeFile(paths.certificatePath, certificatePem);
  await writeFile(paths.keyPath, keyPem);
  await chmod(paths.keyPath, 0o600);
  return paths;
}
