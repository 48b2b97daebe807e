'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { MirrorAgreement } from '#components/traffic/mirror-agreement.tsx';
import { MirrorPairs } from '#components/traffic/mirror-pairs.tsx';
import { MirrorComparisonFields, MirrorShare } from '#components/traffic/mirror-settings.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint, MirrorComparisonSettings } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { mirrorComparisonsQuery } from '#lib/queries/mirror-comparisons.ts';
import type { ActionResult } from '#server/studio/run-action.ts';
import { applyMirrors, patchEndpoint } from '../actions.ts';
import { splitRowsOf } from './split-rows-of.ts';

export interface MirrorSectionProps {
  endpoint: Endpoint;
  deployments: readonly Deployment[];
}

/** Who gets copies of live requests, and whether they answer alike. With a single deployment there is nothing to copy to. */
export function MirrorSection({ endpoint, deployments }: MirrorSectionProps) {
  const { busy, problem, run } = useMirrorChange(endpoint.name);
  if (deployments.length < 2) return null;
  const comparison = endpoint.mirror_comparison;

  function share(name: string, percent: number): void {
    const mirrors = { ...endpoint.mirror_traffic, [name]: percent };
    const told =
      percent === 0 ? `${name} gets no copies any more` : `${name} gets copies of ${percent} % of the requests`;
    void run(() => applyMirrors(endpoint.name, mirrors, endpoint.revision), told);
  }
  function compare(settings: MirrorComparisonSettings | null): void {
    const told = settings === null ? 'Answers are not compared any more' : 'Answers of mirrors are compared';
    void run(() => patchEndpoint(endpoint.name, { mirror_comparison: settings }, endpoint.revision), told);
  }
  return (
    <Section title="Mirroring">
      <p className="mb-1 text-muted">
        A mirror gets copies of live requests. Callers never see its answers and never wait for them.
      </p>
      <ul aria-label="Mirrors">
        {splitRowsOf(deployments).map((deployment) => (
          <MirrorShare
            key={`${deployment.name} ${deployment.mirrorPercent}`}
            deployment={deployment}
            liveShare={endpoint.traffic[deployment.name] ?? 0}
            busy={busy}
            onApply={(percent) => share(deployment.name, percent)}
          />
        ))}
      </ul>
      <MirrorComparisonFields key={JSON.stringify(comparison)} applied={comparison} busy={busy} onApply={compare} />
      {problem ? <ErrorState problem={problem} title="The change was not applied" /> : null}
      {comparison === null ? null : <Comparisons endpoint={endpoint} />}
    </Section>
  );
}

/** Sends one change after the other, each with the revision that was read. */
function useMirrorChange(endpoint: string) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function run(send: () => Promise<ActionResult<unknown>>, told: string): Promise<void> {
    setBusy(true);
    const result = await send();
    await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint) });
    setBusy(false);
    setProblem(result.ok ? null : result.problem);
    if (result.ok) toast({ text: told });
  }
  return { busy, problem, run };
}

function Comparisons({ endpoint }: { endpoint: Endpoint }) {
  const { data, error, refetch, isFetching } = useQuery(mirrorComparisonsQuery(endpoint.name));
  const slots = new Map(endpoint.deployments.map((one) => [one.name, one.colour_slot]));
  const slotOf = (name: string): number => slots.get(name) ?? 0;
  if (error) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The comparisons could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  }
  if (data === undefined) return null;
  if (data.mirrors.length === 0) return <NothingCompared endpoint={endpoint} />;
  return (
    <div className="mt-6 grid gap-6">
      <div>
        <h3 className="mb-2 text-sm">Agreement in the last 24 hours</h3>
        <MirrorAgreement mirrors={data.mirrors} slotOf={slotOf} />
      </div>
      <div>
        <h3 className="mb-2 text-sm">Newest answers that disagree</h3>
        {data.pairs.length === 0 ? (
          <p className="text-muted">None: every answer that was compared agrees with the live one.</p>
        ) : (
          <MirrorPairs pairs={data.pairs} slotOf={slotOf} />
        )}
      </div>
    </div>
  );
}

function NothingCompared({ endpoint }: { endpoint: Endpoint }) {
  const hasMirror = Object.values(endpoint.mirror_traffic).some((percent) => percent > 0);
  return (
    <EmptyState title="Nothing was compared in the last 24 hours">
      {hasMirror
        ? 'Send requests to the endpoint without naming a deployment. What came of them shows here within seconds.'
        : 'Switch on copies to a deployment without live traffic, then send requests to the endpoint.'}
    </EmptyState>
  );
}
