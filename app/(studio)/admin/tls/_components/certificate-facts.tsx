'use client';

import { useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import type { Tls } from '#lib/contracts/tls.ts';
import { formatInstant } from '#lib/format/time.ts';

type Certificate = Tls['certificates'][number];

const DAY_MS = 86_400_000;
/** An operator's certificate that runs out this soon needs a person. Those of the local CA are renewed a month ahead. */
const SOON_MS = 14 * DAY_MS;

const ORIGINS: Record<Certificate['origin'], string> = {
  files: 'Files of the operator; read again when they change',
  acme: 'An ACME server; renewed by itself when a third of its time is left',
  local: 'The local CA of this installation; renewed by itself a month before it expires',
};

export function CertificateFacts({ certificate, isDefault }: { certificate: Certificate; isDefault: boolean }) {
  const style = useTimeStyle();
  return (
    <Facts
      items={[
        {
          term: 'Names',
          value: (
            <span className="flex flex-wrap gap-1">
              {certificate.names.map((name) => (
                <Chip key={name} size="sm">
                  <span className="font-mono">{name}</span>
                </Chip>
              ))}
              {isDefault ? (
                <Chip size="sm" tone="accent">
                  for every other name
                </Chip>
              ) : null}
            </span>
          ),
        },
        { term: 'Comes from', value: ORIGINS[certificate.origin] },
        { term: 'Issuer', value: certificate.issuer },
        { term: 'Valid from', value: formatInstant(certificate.not_before, style) },
        { term: 'Expires', value: <Expiry at={certificate.not_after} /> },
        { term: 'SHA-256', value: <Fingerprint hex={certificate.fingerprint_sha256} /> },
      ]}
    />
  );
}

function Expiry({ at }: { at: string }) {
  const now = useNow();
  const style = useTimeStyle();
  const left = Date.parse(at) - now;
  const text = formatInstant(at, style);
  if (now === 0 || left > SOON_MS) return text;
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      {text}
      {left <= 0 ? (
        <Chip tone="danger" size="sm">
          Expired
        </Chip>
      ) : (
        <Chip tone="warning" size="sm">
          in {Math.ceil(left / DAY_MS)} d
        </Chip>
      )}
    </span>
  );
}

/** In pairs, as certificate viewers write it. */
export function Fingerprint({ hex }: { hex: string }) {
  const text = (hex.match(/../g) ?? []).join(':').toUpperCase();
  return (
    <span className="flex items-start gap-1">
      <code className="font-mono text-xs wrap-anywhere">{text}</code>
      <CopyButton text={text} label="Copy the fingerprint" />
    </span>
  );
}
