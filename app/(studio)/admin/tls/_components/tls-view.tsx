'use client';

import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Note } from '#components/ui/note.tsx';
import { PageHead, Section } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Tls } from '#lib/contracts/tls.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { tlsQuery } from '#lib/queries/tls.ts';
import { AcmeNames } from './acme-names.tsx';
import { CertificateFacts } from './certificate-facts.tsx';
import { TrustLocalCa } from './trust-local-ca.tsx';

/** What callers of endpoints see when they connect, and what they have to trust for it. */
export function TlsView() {
  const { data: tls, ...query } = useQuery(tlsQuery());
  const { data: info } = useQuery(infoQuery());
  return (
    <>
      <PageHead title="TLS" aside={tls?.port == null ? null : `port ${tls.port}`} />
      {query.isPending ? <SkeletonRows label="the certificates" rows={6} /> : null}
      {query.isError && tls === undefined ? (
        <ErrorState
          problem={problemOf(query.error)}
          title="The certificates could not be read"
          onRetry={() => void query.refetch()}
          isRetrying={query.isFetching}
        />
      ) : null}
      {tls === undefined ? null : <LoadedTls tls={tls} gatewayUrl={info?.gateway_url ?? null} />}
    </>
  );
}

function LoadedTls({ tls, gatewayUrl }: { tls: Tls; gatewayUrl: string | null }) {
  if (tls.state === 'off') return <TlsOff />;
  if (tls.state === 'unknown') {
    return (
      <Note tone="warning">
        The gateway does not answer the control plane, so what it serves is not known. It may serve all the same.
      </Note>
    );
  }
  return (
    <div className="grid gap-8">
      {tls.problem === null ? null : (
        <Note tone="danger" role="status">
          <p className="font-medium">The certificates on disk cannot be used; the former ones are served on.</p>
          <p className="wrap-anywhere">{tls.problem}</p>
        </Note>
      )}
      <Section title="Certificates in use" count={tls.certificates.length}>
        <div className="grid gap-5 border-t border-line pt-3 lg:grid-cols-2 lg:gap-8">
          {tls.certificates.map((certificate, position) => (
            <CertificateFacts
              key={certificate.fingerprint_sha256}
              certificate={certificate}
              isDefault={position === 0 && tls.certificates.length > 1}
            />
          ))}
        </div>
      </Section>
      {tls.acme === null ? null : <AcmeNames acme={tls.acme} />}
      {tls.local_ca === null ? null : <TrustLocalCa authority={tls.local_ca} url={tlsUrl(tls, gatewayUrl)} />}
    </div>
  );
}

/** The address for examples: the one that callers are given, or this machine's own name where they are given the plain one. */
function tlsUrl(tls: Tls, gatewayUrl: string | null): string {
  return gatewayUrl?.startsWith('https:') ? gatewayUrl : `https://localhost:${tls.port}`;
}

function TlsOff() {
  return (
    <div className="grid max-w-[72ch] gap-3">
      <p>
        The gateway speaks plain HTTP only. That is how it starts when it listens on a loopback address, where no other
        machine can connect.
      </p>
      <p className="text-muted">
        Set <Code>VIRIDIAN_HOST</Code> to an address of the network and TLS comes with it on a port of its own. On
        loopback, <Code>VIRIDIAN_GATEWAY_TLS=local</Code> turns it on with a certificate of this installation, and{' '}
        <Code>VIRIDIAN_GATEWAY_TLS_CERT_FILE</Code> with <Code>VIRIDIAN_GATEWAY_TLS_KEY_FILE</Code> with one of yours.
      </p>
    </div>
  );
}

function Code({ children }: { children: string }) {
  return <code className="font-mono text-xs">{children}</code>;
}
