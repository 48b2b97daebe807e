'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { deleteEndpoint } from '../../actions.ts';
import { useApplySplit } from '../../_components/use-apply-split.ts';

/** What callers notice at once. */
export function DangerSettings({ endpoint }: { endpoint: Endpoint }) {
  const router = useRouter();
  const [asking, setAsking] = useState<'pause' | 'delete' | null>(null);
  const { apply, problem } = useApplySplit(endpoint.name);
  const isPaused = Object.values(endpoint.traffic).every((percent) => percent === 0);
  const instances = endpoint.deployments.reduce((sum, { instance_count }) => sum + instance_count, 0);
  return (
    <Section title="Danger">
      {problem ? <ErrorState problem={problem} title="Traffic was not paused" className="mb-4" /> : null}
      <ul className="border-t border-line">
        <li className="flex flex-wrap items-center gap-3 border-b border-line py-3">
          <span className="min-w-0 flex-1">
            <b className="font-medium">Pause all traffic</b>
            <span className="block text-muted">
              Every share becomes 0 and callers get 404. Deployments keep running and can be tested by name.
            </span>
          </span>
          <Button variant="danger" isDisabled={isPaused} onPress={() => setAsking('pause')}>
            {isPaused ? 'Traffic is paused' : 'Pause traffic…'}
          </Button>
        </li>
        <li className="flex flex-wrap items-center gap-3 border-b border-line py-3">
          <span className="min-w-0 flex-1">
            <b className="font-medium">Delete this endpoint</b>
            <span className="block text-muted">
              Its address stops answering, its deployments and their logs are removed.
            </span>
          </span>
          <Button variant="danger" onPress={() => setAsking('delete')}>
            Delete endpoint…
          </Button>
        </li>
      </ul>
      <ConfirmDialog
        isOpen={asking === 'pause'}
        onOpenChange={() => setAsking(null)}
        title={`Pause all traffic of ${endpoint.name}?`}
        confirmLabel="Pause traffic"
        isDangerous
        onConfirm={async () => {
          await apply(Object.fromEntries(Object.keys(endpoint.traffic).map((name) => [name, 0])), 'Paused');
          return null;
        }}
      >
        Callers get 404 until a split is applied again. The way back is in the split history.
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={asking === 'delete'}
        onOpenChange={() => setAsking(null)}
        title={`Delete ${endpoint.name}?`}
        confirmLabel="Delete endpoint"
        typedName={endpoint.name}
        isDangerous
        onConfirm={async () => {
          const result = await deleteEndpoint(endpoint.name);
          if (!result.ok) return result.problem;
          router.push(`/endpoints/${encodeURIComponent(endpoint.name)}/operations/${result.data.id}`);
          return null;
        }}
      >
        {endpoint.deployments.length === 0
          ? 'It has no deployments.'
          : `${endpoint.deployments.length === 1 ? 'Its deployment' : `Its ${endpoint.deployments.length} deployments`} and ${instances === 1 ? 'one instance' : `${instances} instances`} stop; keys, logs and the address are gone. Models stay in the registry, costs in the cost pages.`}
      </ConfirmDialog>
    </Section>
  );
}
