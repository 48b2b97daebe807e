import 'reflect-metadata';
import { createHash } from 'node:crypto';
import {
  Extension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { exportKey, generateKeys, SIGNING } from '../local-ca.ts';
import type { CertificateWithKey } from '../pem-pair.ts';

/** id-pe-acmeIdentifier (RFC 8737 section 3). */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const HOUR_MS = 3_600_000;

/** The self-signed certificate that answers a TLS-ALPN challenge for a name: it holds the digest of the key authorization. */
export async function createChallengeCertificate(
  name: string,
  keyAuthorization: string,
  nowMs: number,
): Promise<CertificateWithKey> {
  const keys = await generateKeys();
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['challenge'] }],
    keys,
    signingAlgorithm: SIGNING,
    notBefore: new Date(nowMs - HOUR_MS),
    notAfter: new Date(nowMs + HOUR_MS),
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      // An OCTET STRING of 32 bytes.
      new Extension(ACME_IDENTIFIER, true, Buffer.concat([Buffer.from([0x04, digest.length]), digest])),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
}

/** A fresh key and the request for a certificate for it. */
export async function createCertificateRequest(name: string): Promise<{ csr: Buffer; keyPem: string }> {
  const keys = await generateKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: SIGNING,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  });
  return { csr: Buffer.from(request.rawData), keyPem: await exportKey(keys.privateKey) };
}
