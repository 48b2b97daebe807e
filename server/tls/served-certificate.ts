/** Where a certificate came from. */
export type CertificateOrigin = 'files' | 'local' | 'acme';

/** What may be told of a certificate: everything but its key. Instants are epoch milliseconds. */
export interface CertificateFacts {
  origin: CertificateOrigin;
  /** Host names (`*.` for one label) and addresses that it is valid for, lower case. */
  names: string[];
  subject: string;
  issuer: string;
  notBefore: number;
  notAfter: number;
  /** SHA-256 of the certificate, hex. */
  fingerprint: string;
  serialNumber: string;
}

/** A certificate that the gateway can serve. Holds a private key: it is for the memory of gateway processes and never for a log. */
export interface ServedCertificate extends CertificateFacts {
  /** Leaf first, then its intermediates (PEM). */
  chainPem: string;
  keyPem: string;
}

/** A certificate without what is secret of it. */
export function factsOf(certificate: ServedCertificate): CertificateFacts {
  const { chainPem: _chain, keyPem: _key, ...facts } = certificate;
  return facts;
}

/** The certificates to serve, kept up to date. */
export interface CertificateSource {
  /** The first is the default. Never empty. */
  readonly certificates: readonly ServedCertificate[];
  /** Why what is on disk now is not what is served, or null. */
  readonly problem: string | null;
  /** Looks at the disk now. Never rejects: what is wrong becomes `problem`, and what was served is served on. */
  check(): Promise<void>;
  /** Looks regularly, and calls back when the certificates or the problem have changed. */
  watch(onChange: () => void): void;
  stop(): void;
}
