'use client';

import { Age } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Chip, type ChipTone } from '#components/ui/chip.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import type { Tls } from '#lib/contracts/tls.ts';
import { formatInstant } from '#lib/format/time.ts';

type Acme = NonNullable<Tls['acme']>;
type Name = Acme['names'][number];

const STATES: Record<Name['state'], { word: string; tone: ChipTone }> = {
  valid: { word: 'Valid', tone: 'neutral' },
  waiting: { word: 'Being asked for', tone: 'accent' },
  failed: { word: 'Last attempt failed', tone: 'warning' },
};

/** What each name that is certified by ACME waits for, and why. */
export function AcmeNames({ acme }: { acme: Acme }) {
  return (
    <Section title="Certificates by ACME" count={acme.names.length}>
      <div className="grid gap-4 border-t border-line pt-3">
        <Facts
          items={[
            { term: 'Server', value: <code className="font-mono text-xs">{acme.directory}</code> },
            { term: 'Proof', value: <code className="font-mono text-xs">{acme.challenge}</code> },
          ]}
        />
        <ul className="border-t border-line">
          {acme.names.map((name) => (
            <NameRow key={name.name} name={name} />
          ))}
        </ul>
      </div>
    </Section>
  );
}

function NameRow({ name }: { name: Name }) {
  const style = useTimeStyle();
  const { word, tone } = STATES[name.state];
  return (
    <li className="grid gap-1 border-b border-line py-3">
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-mono">{name.name}</span>
        <Chip size="sm" tone={tone}>
          {word}
        </Chip>
        {name.not_after === null ? null : (
          <span className="text-xs text-muted">certified until {formatInstant(name.not_after, style)}</span>
        )}
      </span>
      {name.error === null ? null : <span className="text-xs wrap-anywhere text-muted">{name.error}</span>}
      {name.next_attempt_at === null ? null : (
        <span className="text-xs text-muted">
          next attempt: <Age at={name.next_attempt_at} as="when" />
        </span>
      )}
    </li>
  );
}
