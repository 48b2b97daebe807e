import { X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { readIfThere } from '#server/kernel/read-if-there.ts';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { type CertificateWithKey, joinPem, splitPem } from './pem-pair.ts';
import { CertificateError, readCertificate } from './read-certificate.ts';
import type { ServedCertificate } from './served-certificate.ts';

/** Files of the local CA. Each but the last holds a private key, with its certificate, so that the two are always replaced together. */
export interface LocalCaFiles {
  authority: string;
  server: string;
  /** The CA's certificate alone, for people to download. */
  authorityCertificate: string;
}

/** A certificate is replaced when this part of its life is left. */
const RENEW_AT = 1 / 3;

export interface LocalCertificate {
  certificate: ServedCertificate;
  /** A new one was made just now, and why. */
  renewed: 'first' | 'due' | 'names' | 'damaged' | null;
}

/**
 * The server certificate of the local CA: the one on disk, or a new one where there is none, where it is due, where a name is missing in it, or where
 * another CA signed it. Makes the CA first where there is none.
 * @throws CertificateError where the CA on disk cannot be read: a new one would silently undo the trust that people have set up
 */
export async function ensureLocalCertificate(
  files: LocalCaFiles,
  names: readonly string[],
  nowMs: number,
): Promise<LocalCertificate> {
  await mkdir(dirname(files.authority), { recursive: true, mode: 0o700 });
  const authority = await ensureAuthority(files, nowMs);
  const kept = await readServerCertificate(files.server);
  const reason = kept === null ? 'first' : reasonToRenew(kept, authority, names, nowMs);
  if (kept !== null && kept !== 'damaged' && reason === null) return { certificate: kept, renewed: null };
  const { issueServerCertificate } = await import('./local-ca.ts');
  const issued = await issueServerCertificate(authority, names, nowMs);
  await writeFileDurably(files.server, joinPem(issued));
  const certificate = parseServerFile(joinPem(issued), files.server);
  return { certificate, renewed: reason };
}

function reasonToRenew(
  kept: ServedCertificate | 'damaged',
  authority: CertificateWithKey,
  names: readonly string[],
  nowMs: number,
): LocalCertificate['renewed'] {
  if (kept === 'damaged') return 'damaged';
  const leaf = new X509Certificate(kept.chainPem);
  if (!leaf.verify(new X509Certificate(authority.certificatePem).publicKey)) return 'damaged';
  if (isDue(kept, nowMs)) return 'due';
  return names.every((name) => kept.names.includes(name)) ? null : 'names';
}

/** Whether little enough of a certificate's life is left that a new one should take over. */
export function isDue({ notBefore, notAfter }: { notBefore: number; notAfter: number }, nowMs: number): boolean {
  return notAfter - nowMs <= (notAfter - notBefore) * RENEW_AT;
}

/** Reads the CA, or makes it; of two makers at once the first wins. */
async function ensureAuthority(files: LocalCaFiles, nowMs: number): Promise<CertificateWithKey> {
  const found = await readIfThere(files.authority);
  if (found === null) await makeAuthority(files, nowMs);
  const authority = splitPem(found ?? (await readFile(files.authority, 'utf8')));
  try {
    readCertificate({ ...partsOf(authority, files.authority) });
  } catch (error) {
    throw new CertificateError(
      `The local CA of this installation cannot be used: ${(error as Error).message} Restore ${files.authority} from a backup, or remove it: a new CA is made then, which every client has to trust anew.`,
    );
  }
  if ((await readIfThere(files.authorityCertificate)) !== authority.certificatePem) {
    await writeFileDurably(files.authorityCertificate, authority.certificatePem);
  }
  return authority;
}

async function makeAuthority(files: LocalCaFiles, nowMs: number): Promise<void> {
  const { createCertificateAuthority } = await import('./local-ca.ts');
  const made = await createCertificateAuthority(`Viridian local CA of ${hostname()}`.slice(0, 64), nowMs);
  const draft = `${files.authority}.${process.pid}.new`;
  await writeFileDurably(draft, joinPem(made));
  try {
    await link(draft, files.authority);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readServerCertificate(path: string): Promise<ServedCertificate | 'damaged' | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return parseServerFile(text, path);
  } catch (error) {
    if (error instanceof CertificateError) return 'damaged';
    throw error;
  }
}

function parseServerFile(text: string, path: string): ServedCertificate {
  return readCertificate(partsOf(splitPem(text), path));
}

function partsOf({ certificatePem, keyPem }: CertificateWithKey, path: string) {
  return { origin: 'local', chainPem: certificatePem, keyPem, certificateName: path, keyName: path } as const;
}
