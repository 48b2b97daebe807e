/** A certificate with its private key, both PEM. */
export interface CertificateWithKey {
  certificatePem: string;
  keyPem: string;
}

/** Both in one text, so that they are always replaced together. */
export function joinPem({ certificatePem, keyPem }: CertificateWithKey): string {
  return `${keyPem.trim()}\n${certificatePem.trim()}\n`;
}

export function splitPem(text: string): CertificateWithKey {
  const start = text.indexOf('-----BEGIN CERTIFICATE-----');
  const cut = start < 0 ? text.length : start;
  return { keyPem: text.slice(0, cut), certificatePem: text.slice(cut) };
}
