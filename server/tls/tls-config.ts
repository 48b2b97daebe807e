import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { ConfigError, type ConfigSlice, type ParsedSlice } from '#server/kernel/config.ts';

/** One or more absolute paths, separated by commas. */
const pathList = z
  .string()
  .default('')
  .transform(splitList)
  .refine((paths) => paths.every((path) => isAbsolute(path)), 'must be absolute paths');

export const tlsConfig = {
  VIRIDIAN_GATEWAY_TLS: z
    .enum(['auto', 'off', 'local', 'files'])
    .default('auto')
    .describe(
      'Where the certificates of the TLS port come from: files, the local CA of this installation, or off; auto takes files where they are named, else the local CA unless VIRIDIAN_HOST is a loopback address',
    ),
  VIRIDIAN_GATEWAY_TLS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8443)
    .describe('Port of the gateway for TLS'),
  VIRIDIAN_GATEWAY_TLS_CERT_FILE: pathList.describe(
    'PEM files with a certificate and its intermediates, separated by commas; the first is the default; read again when they change',
  ),
  VIRIDIAN_GATEWAY_TLS_KEY_FILE: pathList.describe('PEM files with the private keys, in the same order'),
  VIRIDIAN_GATEWAY_TLS_NAMES: z
    .string()
    .default('')
    .transform(splitList)
    .describe(
      'Names and addresses, separated by commas, that certificates of the local CA hold besides those of this machine',
    ),
} satisfies ConfigSlice;

export type TlsConfig = ParsedSlice<typeof tlsConfig>;

export interface CertificateFilePair {
  certificatePath: string;
  keyPath: string;
}

/** What the TLS port serves with. */
export type TlsPlan =
  | { kind: 'off' }
  | { kind: 'files'; pairs: readonly CertificateFilePair[] }
  | { kind: 'local'; extraNames: readonly string[] };

/**
 * Decides where certificates come from.
 * @param host what the gateway listens on (VIRIDIAN_HOST)
 * @throws ConfigError where the settings contradict each other
 */
export function planTls(config: TlsConfig, host: string): TlsPlan {
  const pairs = pairFiles(config);
  const mode = config.VIRIDIAN_GATEWAY_TLS;
  if (mode === 'off') return { kind: 'off' };
  if (mode === 'files' && pairs.length === 0) {
    throw new ConfigError(
      'VIRIDIAN_GATEWAY_TLS is "files", but no file is named. Set VIRIDIAN_GATEWAY_TLS_CERT_FILE and VIRIDIAN_GATEWAY_TLS_KEY_FILE.',
    );
  }
  if (mode === 'files' || (mode === 'auto' && pairs.length > 0)) return { kind: 'files', pairs };
  if (mode === 'auto' && isLoopbackHost(host)) return { kind: 'off' };
  return { kind: 'local', extraNames: config.VIRIDIAN_GATEWAY_TLS_NAMES };
}

function pairFiles(config: TlsConfig): CertificateFilePair[] {
  const certificates = config.VIRIDIAN_GATEWAY_TLS_CERT_FILE;
  const keys = config.VIRIDIAN_GATEWAY_TLS_KEY_FILE;
  if (certificates.length !== keys.length) {
    throw new ConfigError(
      `VIRIDIAN_GATEWAY_TLS_CERT_FILE names ${certificates.length} files and VIRIDIAN_GATEWAY_TLS_KEY_FILE ${keys.length}: every certificate needs its key.`,
    );
  }
  return certificates.map((certificatePath, i) => ({ certificatePath, keyPath: keys[i] ?? '' }));
}

/** Whether only programs of this machine can connect to what listens there. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || name === 'localhost';
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
