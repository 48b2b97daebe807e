'use client';

import { Eye, EyeOff, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Section } from '#components/ui/panel.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { EndpointKeys } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { readKeys, regenerateKey } from '../actions.ts';

type Slot = 'primary' | 'secondary';

export interface EndpointKeyPanelProps {
  endpoint: string;
  /** Null until somebody reveals them. */
  keys: EndpointKeys | null;
  onKeys: (keys: EndpointKeys | null) => void;
}

const MASK = '••••••••••••••••••••••••';

/** Two keys, so that callers can change over without a gap: move them to the secondary, make the primary anew, move back. */
export function EndpointKeyPanel({ endpoint, keys, onKeys }: EndpointKeyPanelProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, setAsking] = useState<Slot | null>(null);

  async function reveal(): Promise<void> {
    setBusy(true);
    const result = await readKeys(endpoint);
    setBusy(false);
    setProblem(result.ok ? null : result.problem);
    if (result.ok) onKeys(result.data);
  }

  return (
    <Section
      title="Keys"
      actions={
        keys === null ? (
          <Button size="sm" busy={busy} icon={<Eye size={14} aria-hidden="true" />} onPress={() => void reveal()}>
            Reveal keys
          </Button>
        ) : (
          <Button size="sm" icon={<EyeOff size={14} aria-hidden="true" />} onPress={() => onKeys(null)}>
            Hide keys
          </Button>
        )
      }
    >
      {problem ? <ErrorState problem={problem} title="The keys could not be read" className="mb-3" /> : null}
      <ul className="border-t border-line">
        {(['primary', 'secondary'] as const).map((slot) => (
          <KeyRow key={slot} slot={slot} value={keys?.[`${slot}_key`] ?? null} onRegenerate={() => setAsking(slot)} />
        ))}
      </ul>
      <p className="mt-3 text-xs text-muted">
        Revealing is written to the audit log. Send a key as Authorization: Bearer, api-key or X-API-Key.
      </p>
      <ConfirmDialog
        isOpen={asking !== null}
        onOpenChange={() => setAsking(null)}
        title={`Make a new ${asking ?? ''} key?`}
        confirmLabel="Make a new key"
        isDangerous
        onConfirm={async () => {
          if (asking === null) return null;
          const result = await regenerateKey(endpoint, asking);
          if (!result.ok) return result.problem;
          onKeys(result.data);
          toast({ text: `The ${asking} key is new; the old one no longer works` });
          return null;
        }}
      >
        Callers with the present {asking} key get 401 from the moment this is done.
      </ConfirmDialog>
    </Section>
  );
}

function KeyRow({ slot, value, onRegenerate }: { slot: Slot; value: string | null; onRegenerate: () => void }) {
  return (
    <li className="flex min-h-11 items-center gap-2 border-b border-line">
      <span className="w-20 text-muted first-letter:uppercase">{slot}</span>
      <code className="min-w-0 flex-1 truncate font-mono text-xs">{value ?? MASK}</code>
      {value === null ? null : <CopyButton text={value} label={`Copy the ${slot} key`} />}
      <IconButton
        label={`Make a new ${slot} key`}
        icon={<RefreshCw size={14} aria-hidden="true" />}
        onPress={onRegenerate}
      />
    </li>
  );
}
