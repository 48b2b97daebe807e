'use client';

import { useQuery } from '@tanstack/react-query';
import { Link } from '#components/ui/link.tsx';
import { ProgressBar } from '#components/ui/progress-bar.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { runningOperationsQuery } from '#lib/queries/operations.ts';

/** Versions whose files are on their way, of one model or of all. */
export function RunningRegistrations({ model }: { model?: string }) {
  const { data = [] } = useQuery(runningOperationsQuery());
  const own = data.filter(
    ({ kind, resource }) =>
      kind === 'model.register' && (model === undefined || resource.startsWith(`/models/${model}/`)),
  );
  if (own.length === 0) return null;
  return (
    <ul aria-label="Being registered" className="mb-6 grid gap-3">
      {own.map((operation) => (
        <li key={operation.id} className="rounded-lg border border-line px-3.5 py-2.5">
          <Link look="object" href={describeOperation(operation).href}>
            {describeOperation(operation).object}
          </Link>
          <RegistrationProgress operation={operation} />
        </li>
      ))}
    </ul>
  );
}

/** How far the stage under way is, in its own words. */
export function RegistrationProgress({ operation }: { operation: Operation }) {
  const stage = operation.stages.find(({ status }) => status === 'running') ?? operation.stages.at(-1);
  return (
    <ProgressBar
      className="mt-2"
      label={stage?.name ?? 'Registration'}
      value={stage?.progress ?? null}
      detail={stage?.message ?? ''}
    />
  );
}
