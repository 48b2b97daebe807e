'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { keys } from '#lib/queries/keys.ts';
import { deleteDeployment, restartDeployment } from '../../../actions.ts';
import { evidenceOf } from './evidence.ts';
import { editHref, remedyOf } from './remedies.ts';

/** Why it failed: the cause in words, what it stands on, and what to do about it. */
export function CauseCard({
  endpoint,
  operation,
  problem,
}: {
  endpoint: string;
  operation: Operation;
  problem: Problem;
}) {
  const router = useRouter();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Problem | null>(null);
  const [discarding, setDiscarding] = useState(false);
  const { deployment } = describeOperation(operation);
  const traffic = useQuery(endpointQuery(endpoint)).data?.traffic;
  // As in the form: an endpoint that serves nobody may as well begin.
  const takesAll = traffic !== undefined && Object.values(traffic).every((share) => share === 0);
  const base = `/endpoints/${encodeURIComponent(endpoint)}`;
  const { facts, log, traceback } = evidenceOf(problem);
  const remedy = deployment === null ? null : remedyOf(problem.code, { endpoint, deployment });

  async function retry(): Promise<void> {
    if (deployment === null) return;
    setBusy(true);
    const result = await restartDeployment(endpoint, deployment, takesAll);
    setBusy(false);
    if (!result.ok) return setFault(result.problem);
    router.push(`${base}/operations/${result.data.id}`);
  }

  return (
    <section aria-labelledby="cause" className="grid gap-3 rounded-lg border border-danger-line bg-danger-wash p-4">
      <h2 id="cause">{problem.title}</h2>
      <p className="whitespace-pre-line">{problem.detail}</p>
      {facts.length > 0 ? <Facts items={facts} /> : null}
      {traceback === '' ? null : <CodeBlock label="Traceback" code={traceback} maxHeight="md" />}
      {log === '' ? null : <CodeBlock label="Last log lines" code={log} maxHeight="md" />}
      {takesAll && deployment !== null ? (
        <p>{endpoint} serves nobody: when another attempt gets ready, it takes 100 % of the traffic.</p>
      ) : null}
      {fault ? <ErrorState problem={fault} title="It was not started again" /> : null}
      <div className="flex flex-wrap gap-2">
        {deployment === null ? null : (
          <>
            {remedy === null ? null : (
              <ButtonLink variant="primary" href={remedy.href}>
                {remedy.label}
              </ButtonLink>
            )}
            <Button busy={busy} onPress={() => void retry()}>
              Try again
            </Button>
            <ButtonLink href={editHref({ endpoint, deployment })}>Edit and deploy again</ButtonLink>
            <ButtonLink href={`${base}/logs?dep=${encodeURIComponent(deployment)}`}>Open all logs</ButtonLink>
            <Button variant="danger" onPress={() => setDiscarding(true)}>
              Discard {deployment}
            </Button>
          </>
        )}
      </div>
      {deployment === null ? null : (
        <ConfirmDialog
          isOpen={discarding}
          onOpenChange={setDiscarding}
          title={`Discard ${deployment}?`}
          confirmLabel={`Delete ${deployment}`}
          isDangerous
          onConfirm={async () => {
            const result = await deleteDeployment(endpoint, deployment);
            if (!result.ok) return result.problem;
            await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint) });
            router.push(base);
            return null;
          }}
        >
          The deployment, what it still runs and its logs are removed. The model stays in the registry.
        </ConfirmDialog>
      )}
    </section>
  );
}
