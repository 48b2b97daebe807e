import type { Tls } from '#lib/contracts/tls.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { AcmeState, LocalCaCertificate, ServedTls, TlsSource } from '#server/domain/ports.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';

export interface TlsContext {
  tls: TlsSource;
}

/** What the gateway serves TLS with, and the authority that clients have to trust for it. */
export async function getTls({ tls }: TlsContext, actor: Actor): Promise<Tls> {
  authorize(actor, 'tls.read', '/tls');
  const served = tls.served();
  const isLocal = served?.certificates.some(({ origin }) => origin === 'local') ?? false;
  const authority = isLocal ? await tls.readLocalCa() : null;
  const acme = await tls.readAcme();
  return {
    state: served === undefined ? 'unknown' : served === null ? 'off' : 'on',
    port: served?.port ?? null,
    certificates: (served?.certificates ?? []).map(presentCertificate),
    problem: served?.problem ?? null,
    local_ca: authority && {
      subject: authority.subject,
      not_after: formatInstant(authority.notAfter),
      fingerprint_sha256: authority.fingerprint,
    },
    acme: acme && { ...acme, names: acme.names.map(presentName) },
  };
}

/**
 * The certificate of the local CA, PEM.
 * @throws AppError `tls.no_local_ca`
 */
export async function getLocalCaCertificate({ tls }: TlsContext, actor: Actor): Promise<LocalCaCertificate> {
  authorize(actor, 'tls.read', '/tls/ca-certificate');
  const authority = await tls.readLocalCa();
  if (authority !== null) return authority;
  throw new AppError(
    'tls.no_local_ca',
    'This installation has made no certificate authority of its own. Set VIRIDIAN_GATEWAY_TLS to "local" for one.',
  );
}

function presentName({ name, state, notAfter, error, nextAt }: AcmeState['names'][number]) {
  const instant = (at: number | null): string | null => (at === null ? null : formatInstant(at));
  return { name, state, not_after: instant(notAfter), error, next_attempt_at: instant(nextAt) };
}

function presentCertificate(certificate: ServedTls['certificates'][number]): Tls['certificates'][number] {
  const { notBefore, notAfter, fingerprint, serialNumber, ...rest } = certificate;
  return {
    ...rest,
    not_before: formatInstant(notBefore),
    not_after: formatInstant(notAfter),
    fingerprint_sha256: fingerprint,
    serial_number: serialNumber,
  };
}
