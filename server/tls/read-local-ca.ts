import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LocalCaFiles } from './local-certificate.ts';
import { factsOfLeaf } from './read-certificate.ts';

/** The public part of the local CA, or null where there is none (yet). */
export async function readLocalCa(
  files: LocalCaFiles,
): Promise<{ pem: string; subject: string; notAfter: number; fingerprint: string } | null> {
  try {
    const pem = await readFile(files.authorityCertificate, 'utf8');
    const { subject, notAfter, fingerprint } = factsOfLeaf(new X509Certificate(pem), 'local');
    return { pem, subject, notAfter, fingerprint };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
