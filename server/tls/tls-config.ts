import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { ConfigError, type ConfigSlice, type ParsedSlice } from '#server/kernel/config.ts';

/** At least two labels: public servers certify nothing else. */
const HOST_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

/** How control over a name is proved (RFC 8555 section 8.3, RFC 8737). */
const CHALLENGE_TYPES = ['http-01', 'tls-alpn-01'] as const;
export type ChallengeType = (typeof CHALLENGE_TYPES)[number];

/** One or more absolute paths, separated by commas. */
const pathList = z
  .string()
  .default('')
  .transform(splitList)
  .refine((paths) => paths.every((path) => isAbsolute(path)), 'must be absolute paths');

export const tlsConfig = {
  VIRIDIAN_GATEWAY_TLS: z
    .enum(['auto', 'off', 'local', 'files', 'acme'])
    .default('auto')
    .describe(
      'Where the certificates of the TLS port come from: files, acme, the local CA of this installation, or off; auto takes files where they are named, ACME where names are given for it, else the local CA unless VIRIDIAN_HOST is a loopback address',
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
  VIRIDIAN_ACME_NAMES: z
    .string()
    .default('')
    .transform((text) => splitList(text.toLowerCase()))
    .refine(
      (names) => names.every((name) => HOST_NAME.test(name.replace(/^\*\./, '')) && isIP(name) === 0),
      'must be host names with at least two labels',
    )
    .describe(
      'Host names, separated by commas, to get certificates for from an ACME server; *.VIRIDIAN_DOMAIN means the host of every endpoint; naming them agrees to the terms of the server',
    ),
  VIRIDIAN_ACME_DIRECTORY: z
    .url({ protocol: /^https?$/ })
    .default('https://acme-v02.api.letsencrypt.org/directory')
    .describe('Directory of the ACME server'),
  VIRIDIAN_ACME_CHALLENGE: z
    .enum(CHALLENGE_TYPES)
    .default('http-01')
    .describe(
      'How names are proved: http-01 needs port 80 of them to reach the gateway’s plain port, tls-alpn-01 port 443 its TLS port',
    ),
  VIRIDIAN_ACME_EMAIL: z.email().optional().describe('Address that the ACME server may write to'),
  VIRIDIAN_ACME_CA_FILE: z
    .string()
    .refine(isAbsolute, 'must be an absolute path')
    .optional()
    .describe('PEM file with the authority of an ACME server that no public one vouches for'),
} satisfies ConfigSlice;

export type TlsConfig = ParsedSlice<typeof tlsConfig>;

export interface CertificateFilePair {
  certificatePath: string;
  keyPath: string;
}

/** What to get from an ACME server. */
export interface AcmePlan {
  names: readonly string[];
  /** Domain of which every endpoint's host is certified too, or null. */
  endpointsOf: string | null;
  directory: string;
  challenge: ChallengeType;
  email: string | null;
  caPath: string | null;
}

/** What the TLS port serves with. With ACME the local CA stands in for names that have no certificate yet. */
export type TlsPlan =
  | { kind: 'off' }
  | { kind: 'files'; pairs: readonly CertificateFilePair[] }
  | { kind: 'local'; extraNames: readonly string[] }
  | { kind: 'acme'; extraNames: readonly string[]; acme: AcmePlan };

/**
 * Decides where certificates come from.
 * @param host what the gateway listens on (VIRIDIAN_HOST)
 * @param domain of the endpoints (VIRIDIAN_DOMAIN)
 * @throws ConfigError where the settings contradict each other
 */
export function planTls(config: TlsConfig, host: string, domain: string | undefined): TlsPlan {
  const pairs = pairFiles(config);
  const mode = config.VIRIDIAN_GATEWAY_TLS;
  if (mode === 'off') return { kind: 'off' };
  if (mode === 'files' && pairs.length === 0) {
    throw new ConfigError(
      'VIRIDIAN_GATEWAY_TLS is "files", but no file is named. Set VIRIDIAN_GATEWAY_TLS_CERT_FILE and VIRIDIAN_GATEWAY_TLS_KEY_FILE.',
    );
  }
  if (mode === 'files' || (mode === 'auto' && pairs.length > 0)) return { kind: 'files', pairs };
  const acme = planAcme(config, domain?.toLowerCase() ?? null);
  const extraNames = config.VIRIDIAN_GATEWAY_TLS_NAMES;
  const hasNames = config.VIRIDIAN_ACME_NAMES.length > 0;
  if (mode === 'acme' && !hasNames) {
    throw new ConfigError('VIRIDIAN_GATEWAY_TLS is "acme", but no host is named. Set VIRIDIAN_ACME_NAMES.');
  }
  if (mode === 'acme' || (mode === 'auto' && hasNames)) return { kind: 'acme', extraNames, acme };
  if (mode === 'auto' && isLoopbackHost(host)) return { kind: 'off' };
  return { kind: 'local', extraNames };
}

function planAcme(config: TlsConfig, domain: string | null): AcmePlan {
  const names = [...new Set(config.VIRIDIAN_ACME_NAMES)];
  const wildcards = names.filter((name) => name.startsWith('*.'));
  const foreign = wildcards.find((name) => name !== `*.${domain}`);
  if (foreign !== undefined) {
    throw new ConfigError(
      `VIRIDIAN_ACME_NAMES holds ${foreign}: certificates with wildcards need a proof by DNS. *.VIRIDIAN_DOMAIN is possible, for every endpoint's host gets one of its own.`,
    );
  }
  return {
    names: names.filter((name) => !wildcards.includes(name)),
    endpointsOf: wildcards.length > 0 ? domain : null,
    directory: config.VIRIDIAN_ACME_DIRECTORY,
    challenge: config.VIRIDIAN_ACME_CHALLENGE,
    email: config.VIRIDIAN_ACME_EMAIL ?? null,
    caPath: config.VIRIDIAN_ACME_CA_FILE ?? null,
  };
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
