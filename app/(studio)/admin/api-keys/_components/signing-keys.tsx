'use client';

import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Age, useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { TokenSigningKey } from '#lib/contracts/token-signing-key.ts';
import { formatDay, formatWhen } from '#lib/format/time.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { tokenSigningKeysQuery } from '#lib/queries/token-signing-keys.ts';

const RotateSigningKey = lazy(() =>
  import('./rotate-signing-key.tsx').then((module) => ({ default: module.RotateSigningKey })),
);

/** What endpoint tokens are signed with. There is nothing to see before the first token. */
export function SigningKeys() {
  const { data, error, refetch } = useQuery(tokenSigningKeysQuery());
  const [asking, setAsking] = useState(false);
  if (error && data === undefined) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The signing keys could not be read"
        onRetry={() => void refetch()}
        className="mt-10"
      />
    );
  }
  if (data === undefined || data.items.length === 0) return null;
  return (
    <div className="mt-10">
      <Section
        title="Signing keys of endpoint tokens"
        actions={
          <Button size="sm" onPress={() => setAsking(true)}>
            Replace signing key…
          </Button>
        }
      >
        <p className="mb-4 max-w-[72ch] text-muted">
          Endpoints that are called with tokens take those that one of these has signed.{' '}
          <RotationNote at={data.rotates_after} />
        </p>
        <Table label="Signing keys">
          <thead>
            <tr>
              <HeadCell>Key id</HeadCell>
              <HeadCell>State</HeadCell>
              <HeadCell>Made</HeadCell>
              <HeadCell>Tokens</HeadCell>
            </tr>
          </thead>
          <tbody>
            {data.items.map((signingKey) => (
              <SigningKeyRow key={signingKey.kid} signingKey={signingKey} />
            ))}
          </tbody>
        </Table>
      </Section>
      <Suspense fallback={null}>{asking ? <RotateSigningKey onClose={() => setAsking(false)} /> : null}</Suspense>
    </div>
  );
}

function RotationNote({ at }: { at: string | null }) {
  const now = useNow();
  const style = useTimeStyle();
  return at === null || now === 0
    ? null
    : `The next token after ${formatDay(at, now, style)} gets a new one by itself.`;
}

const STATES = {
  waiting: { tone: 'warning', label: 'Waits for the gateway' },
  signing: { tone: 'accent', label: 'Signs' },
  retired: { tone: 'neutral', label: 'Retired' },
} as const;

function SigningKeyRow({ signingKey }: { signingKey: TokenSigningKey }) {
  const { tone, label } = STATES[signingKey.state];
  return (
    <Row>
      <RowHeader>
        <span className="font-mono text-xs">{signingKey.kid}</span>
      </RowHeader>
      <Cell>
        <Chip tone={tone}>{label}</Chip>
      </Cell>
      <Cell className="text-muted">
        <Age at={signingKey.created_at} />
      </Cell>
      <Cell className="text-muted">
        <TokensOf signingKey={signingKey} />
      </Cell>
    </Row>
  );
}

function TokensOf({ signingKey: { state, verifies_until: until } }: { signingKey: TokenSigningKey }) {
  const now = useNow();
  const style = useTimeStyle();
  if (until !== null) return now === 0 ? null : `run out by ${formatWhen(until, now, style)}`;
  return state === 'signing' ? 'each good for an hour' : 'none yet';
}
