'use client';

import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { MirrorComparisonFields, MirrorShare } from '#components/traffic/mirror-settings.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint, MirrorComparisonSettings } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import type { ActionResult } from '#server/studio/run-action.ts';
import { applyMirrors, patchEndpoint } from '../actions.ts';
import { splitRowsOf } from './split-rows-of.ts';

/** Few endpoints compare answers, so its code comes when one does. */
const MirrorComparisons = lazy(() =>
  import('./mirror-comparisons.tsx').then((module) => ({ default: module.MirrorComparisons })),
);

export interface MirrorSectionProps {
  endpoint: Endpoint;
  deployments: readonly Deployment[];
}

/** Who gets copies of live requests, and whether they answer alike. */
export function MirrorSection({ endpoint, deployments }: MirrorSectionProps) {
  const { busy, problem, run } = useMirrorChange(endpoint.name);
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
      {comparison === null ? null : (
        <Suspense fallback={<SkeletonRows label="the comparisons" rows={2} />}>
          <MirrorComparisons endpoint={endpoint} />
        </Suspense>
      )}
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
