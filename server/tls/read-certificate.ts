import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { CertificateOrigin, ServedCertificate } from './served-certificate.ts';

/** A certificate or key that cannot be served, in words for the operator. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export interface CertificateParts {
  origin: CertificateOrigin;
  chainPem: string;
  keyPem: string;
  /** How messages call the two, for example their paths. */
  certificateName: string;
  keyName: string;
}

/**
 * Checks that a certificate and a key are whole, belong together and are strong enough to be served. Dates are not looked at: see `describeDates`.
 * @throws CertificateError
 */
export function readCertificate(parts: CertificateParts): ServedCertificate {
  const { certificateName, keyName, keyPem, origin } = parts;
  const blocks = parts.chainPem.match(CERTIFICATE_BLOCK);
  if (blocks === null) {
    throw new CertificateError(`${certificateName} holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----").`);
  }
  const leaf = parseLeaf(blocks[0] ?? '', certificateName);
  const key = parseKey(keyPem, keyName);
  if (!leaf.checkPrivateKey(key)) {
    throw new CertificateError(
      `The key in ${keyName} does not belong to the first certificate in ${certificateName}: that one is for ${leaf.subjectAltName ?? leaf.subject}.`,
    );
  }
  const chainPem = `${blocks.join('\n')}\n`;
  checkUsable(chainPem, keyPem, certificateName);
  return { ...factsOfLeaf(leaf, origin), chainPem, keyPem };
}

/** The public facts of the first certificate in a PEM text, as `readCertificate` gives them. */
export function factsOfLeaf(leaf: X509Certificate, origin: CertificateOrigin) {
  return {
    origin,
    names: namesOf(leaf),
    subject: onOneLine(leaf.subject),
    issuer: onOneLine(leaf.issuer),
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    serialNumber: leaf.serialNumber.toLowerCase(),
  };
}

/** What is wrong with a certificate's dates, or null. Expired ones are still served: a client that checks says so more clearly than a closed port. */
export function describeDates(certificate: { notBefore: number; notAfter: number }, nowMs: number): string | null {
  const day = (instant: number): string => new Date(instant).toISOString().slice(0, 16).replace('T', ' ');
  if (certificate.notAfter <= nowMs) return `expired on ${day(certificate.notAfter)} UTC`;
  if (certificate.notBefore > nowMs) return `is not valid before ${day(certificate.notBefore)} UTC`;
  return null;
}

function parseLeaf(pem: string, name: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateError(`The first certificate in ${name} is damaged.`);
  }
}

function parseKey(pem: string, name: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError(`${name} holds no private key in PEM form ("-----BEGIN PRIVATE KEY-----").`);
  }
  if (/ENCRYPTED/.test(pem)) {
    throw new CertificateError(
      `The private key in ${name} is encrypted. Write it without a passphrase and let file permissions protect it: openssl pkey -in KEY -out PLAIN`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new CertificateError(`The private key in ${name} is damaged.`);
  }
}

/** What OpenSSL refuses to serve, such as a key that is too short, shows here and not at the first handshake. */
function checkUsable(chainPem: string, keyPem: string, name: string): void {
  try {
    createSecureContext({ cert: chainPem, key: keyPem });
  } catch (error) {
    throw new CertificateError(`${name} cannot be served: ${(error as Error).message}.`);
  }
}

/** Names and addresses of the subject alternative name extension (RFC 5280 section 4.2.1.6); the common name counts no more (RFC 9525). */
function namesOf(leaf: X509Certificate): string[] {
  const found = (leaf.subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):([^,"]+)/g);
  return [...found].map(([, name = '']) => shortAddress(name.toLowerCase()));
}

/** OpenSSL writes out all groups of an IPv6 address; everybody else writes the short form. */
function shortAddress(name: string): string {
  if (!name.includes(':')) return name;
  return new URL(`http://[${name}]`).hostname.slice(1, -1);
}

/** A name that is empty, as public authorities leave the subject, comes as undefined. */
function onOneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}
