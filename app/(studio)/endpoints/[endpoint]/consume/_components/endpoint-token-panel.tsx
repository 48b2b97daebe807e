'use client';

import { Eye, EyeOff, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import type { EndpointToken } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { formatWhen } from '#lib/format/time.ts';
import { issueToken } from '../actions.ts';
import { describeTokenAge } from './token-age.ts';

export interface EndpointTokenPanelProps {
  endpoint: string;
  /** Null until somebody gets one. */
  token: EndpointToken | null;
  onToken: (token: EndpointToken | null) => void;
}

/** A token to try with: programs get their own, each before the last one has expired. */
export function EndpointTokenPanel({ endpoint, token, onToken }: EndpointTokenPanelProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function issue(): Promise<void> {
    setBusy(true);
    const result = await issueToken(endpoint);
    setBusy(false);
    setProblem(result.ok ? null : result.problem);
    if (result.ok) onToken(result.data);
  }

  return (
    <Section
      title="Token"
      actions={
        token === null ? (
          <Button size="sm" busy={busy} icon={<Eye size={14} aria-hidden="true" />} onPress={() => void issue()}>
            Get token
          </Button>
        ) : (
          <>
            <Button
              size="sm"
              busy={busy}
              icon={<RefreshCw size={14} aria-hidden="true" />}
              onPress={() => void issue()}
            >
              Get the next
            </Button>
            <Button size="sm" icon={<EyeOff size={14} aria-hidden="true" />} onPress={() => onToken(null)}>
              Hide
            </Button>
          </>
        )
      }
    >
      {problem ? <ErrorState problem={problem} title="No token was issued" className="mb-3" /> : null}
      {token === null ? null : <TokenFacts token={token} />}
      <p className="mt-3 text-xs text-muted">
        A token opens this endpoint and no other, for an hour. Each is written to the audit log. Send it as
        Authorization: Bearer.
      </p>
    </Section>
  );
}

function TokenFacts({ token }: { token: EndpointToken }) {
  const now = useNow();
  const style = useTimeStyle();
  const expiresAt = token.expiry_time_utc * 1000;
  return (
    <div className="grid gap-2 border-t border-line pt-3">
      <CodeBlock code={token.access_token} label="Token" wrap maxHeight="md" />
      <p className="text-xs text-muted">
        Good until {formatWhen(expiresAt, now, style)}. {describeTokenAge(token, now)}
      </p>
    </div>
  );
}
