import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { ServedCertificate } from '#server/tls/served-certificate.ts';

/**
 * Protocols that are spoken on the TLS port, the best first (RFC 7301). A client that offers none of them is refused in the handshake; one that says
 * nothing of protocols speaks HTTP/1.1.
 */
export const ALPN_PROTOCOLS = ['h2', 'http/1.1'] as const;

/**
 * What every handshake demands: TLS 1.2 with forward secrecy and authenticated encryption, or TLS 1.3 (RFC 9325 sections 3.1, 4.2). The order within
 * TLS 1.2 is the server's.
 */
export const PROTOCOL_OPTIONS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: true,
} as const satisfies SecureContextOptions;

/** Finds the certificate for the name that a client asks for (RFC 6066 section 3). */
export interface CertificateChoice {
  /**
   * The certificate that names the host, one that holds it by a wildcard, or the default: a client that asked for another name sees from the
   * certificate that it is in the wrong place, and one that does not care can go on.
   */
  find(serverName: string): SecureContext;
}

/** Prepares certificates for handshakes. @param certificates the first is the default */
export function createCertificateChoice(certificates: readonly ServedCertificate[]): CertificateChoice {
  const exact = new Map<string, SecureContext>();
  const wildcards = new Map<string, SecureContext>();
  let fallback: SecureContext | null = null;
  for (const certificate of certificates) {
    const context = createSecureContext(secureContextOptions(certificate));
    fallback ??= context;
    for (const name of certificate.names) {
      const [map, key] = name.startsWith('*.') ? [wildcards, name.slice(2)] : [exact, name];
      // Of two certificates for a name the one that is named first is meant.
      if (!map.has(key)) map.set(key, context);
    }
  }
  if (fallback === null) throw new Error('There is no certificate to serve.');
  const byDefault = fallback;
  return {
    find(serverName) {
      const name = serverName.toLowerCase();
      // A wildcard stands for exactly one label (RFC 9525 section 6.3).
      return exact.get(name) ?? wildcards.get(name.slice(name.indexOf('.') + 1)) ?? byDefault;
    },
  };
}

/** What OpenSSL needs to serve one certificate. */
export function secureContextOptions({ chainPem, keyPem }: ServedCertificate): SecureContextOptions {
  return { ...PROTOCOL_OPTIONS, cert: chainPem, key: keyPem };
}
