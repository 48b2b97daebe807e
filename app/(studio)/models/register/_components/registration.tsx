'use client';

import { useQuery } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { operationQuery } from '#lib/queries/operations.ts';
import { cancelRegistration } from '../../actions.ts';
import { RegistrationProgress } from '../../_components/running-registrations.tsx';

const REFETCH_MS = 1_000;

/** A registration from its first byte to the version, or to the cause why there is none. */
export function Registration({ id, onChangeDraft }: { id: string; onChangeDraft: () => void }) {
  const { data, error, refetch } = useQuery({
    ...operationQuery(id),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? REFETCH_MS : false),
  });
  if (error && data === undefined) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The registration could not be read"
        onRetry={() => void refetch()}
      />
    );
  }
  if (data === undefined) return <SkeletonRows label="the registration" rows={2} />;
  const { object } = describeOperation(data);
  if (data.status === 'running') return <Underway operation={data} object={object} />;
  if (data.status === 'succeeded') return <Registered operation={data} object={object} />;
  const again = (
    <Button size="sm" onPress={onChangeDraft}>
      Change and try again
    </Button>
  );
  if (data.error) return <ErrorState problem={data.error} title={`${object} was not registered`} actions={again} />;
  return <Note actions={again}>{`The registration of ${object} was ended. Nothing of it was kept.`}</Note>;
}

function Underway({ operation, object }: { operation: Operation; object: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  async function cancel(): Promise<void> {
    setBusy(true);
    const result = await cancelRegistration(operation.id);
    setBusy(false);
    if (!result.ok) setProblem(result.problem);
  }
  return (
    <section aria-label={`Registration of ${object}`} className="rounded-lg border border-line p-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="min-w-0 flex-1 text-sm wrap-anywhere">{object}</h2>
        <Button size="sm" onPress={() => void cancel()} busy={busy}>
          Cancel registration
        </Button>
      </div>
      <RegistrationProgress operation={operation} />
      <p className="mt-2 text-xs text-muted">It goes on when you leave this page.</p>
      {problem ? <ErrorState problem={problem} title="It was not cancelled" className="mt-3" /> : null}
    </section>
  );
}

function Registered({ operation, object }: { operation: Operation; object: string }) {
  return (
    <Note
      role="status"
      icon={<Check size={16} className="text-success" aria-hidden="true" />}
      actions={
        <>
          <ButtonLink size="sm" variant="primary" href={operation.resource}>
            See the version
          </ButtonLink>
          <ButtonLink size="sm" href="/models">
            All models
          </ButtonLink>
        </>
      }
    >
      {`${object} is registered.`}
    </Note>
  );
}
