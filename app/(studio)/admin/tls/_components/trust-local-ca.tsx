'use client';

import { Download } from 'lucide-react';
import { parseAsStringLiteral } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import type { Tls } from '#lib/contracts/tls.ts';
import { formatInstant } from '#lib/format/time.ts';
import { API_BASE } from '#lib/queries/fetch-json.ts';
import { CA_FILE, TRUST_PLACES, trustStep } from '#lib/snippets/trust-authority.ts';
import { Fingerprint } from './certificate-facts.tsx';

/** How a client comes to trust the certificates that this installation signs for itself. */
export function TrustLocalCa({ authority, url }: { authority: NonNullable<Tls['local_ca']>; url: string }) {
  const style = useTimeStyle();
  const [place, setPlace] = useQueryState('on', parseAsStringLiteral(TRUST_PLACES).withDefault('linux'));
  const step = trustStep(place, url);
  return (
    <Section
      title="Trust the local CA"
      actions={
        <ButtonLink
          href={`${API_BASE}/tls/ca-certificate`}
          prefetch={false}
          icon={<Download size={16} aria-hidden="true" />}
        >
          Download {CA_FILE}
        </ButtonLink>
      }
    >
      <div className="grid grid-cols-1 gap-4 border-t border-line pt-3">
        <p className="max-w-[72ch] text-muted">
          No public authority knows this machine, so the gateway’s certificate is signed by an authority of this
          installation. A client connects without a warning once it trusts that authority. Its key never leaves the data
          directory; compare the fingerprint before you trust a copy that came over the network.
        </p>
        <Facts
          items={[
            { term: 'Authority', value: authority.subject },
            { term: 'Expires', value: formatInstant(authority.not_after, style) },
            { term: 'SHA-256', value: <Fingerprint hex={authority.fingerprint_sha256} /> },
          ]}
        />
        <div>
          <SegmentedControl
            label="Client"
            options={TRUST_PLACES.map((id) => ({ id, label: trustStep(id, url).name }))}
            value={place}
            onChange={(id) => void setPlace(id)}
          />
        </div>
        <div className="grid gap-2">
          <p className="max-w-[72ch] text-muted">{step.note}</p>
          {step.code === null ? null : <CodeBlock code={step.code} label={`Commands for ${step.name}`} />}
        </div>
      </div>
    </Section>
  );
}
