'use client';

import { Ban, CircleX, Rocket, RotateCcw, SlidersHorizontal, Trash2, type LucideIcon } from 'lucide-react';
import { Age } from '#components/layout/age.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import type { Operation, OperationKind } from '#lib/contracts/operation.ts';
import { describeOperation } from '#lib/format/operation.ts';

const ICONS: Record<OperationKind, LucideIcon> = {
  'deployment.create': Rocket,
  'deployment.update': Rocket,
  'deployment.delete': Trash2,
  'deployment.restart': RotateCcw,
  'endpoint.delete': Trash2,
  'traffic.update': SlidersHorizontal,
};

const PAST: Record<OperationKind, string> = {
  'deployment.create': 'was created',
  'deployment.update': 'was updated',
  'deployment.delete': 'was deleted',
  'deployment.restart': 'was restarted',
  'endpoint.delete': 'was deleted',
  'traffic.update': 'got a new split',
};

/** What was done lately, newest first, in sentences. */
export function ActivityList({ operations }: { operations: readonly Operation[] }) {
  const finished = operations.filter((operation) => operation.status !== 'running').slice(0, 8);
  return (
    <Section title="Activity">
      {finished.length === 0 ? (
        <EmptyState title="Nothing happened yet">Deploys, splits and restarts are told here.</EmptyState>
      ) : (
        <ul className="border-t border-line">
          {finished.map((operation) => (
            <ActivityRow key={operation.id} operation={operation} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function ActivityRow({ operation }: { operation: Operation }) {
  const { object, verb, href } = describeOperation(operation);
  const failed = operation.status === 'failed';
  const stopped = operation.status === 'canceled' || operation.status === 'superseded';
  const Icon = failed ? CircleX : stopped ? Ban : ICONS[operation.kind];
  const ending = failed ? `could not ${verb}` : stopped ? `did not ${verb}: ${operation.status}` : PAST[operation.kind];
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)_auto] gap-2.5 border-b border-line py-2.25 last:border-b-0">
      <Icon size={16} className={failed ? 'mt-0.5 text-danger' : 'mt-0.5 text-faint'} aria-hidden="true" />
      <span className="min-w-0">
        <Link look="object" href={href}>
          {object}
        </Link>{' '}
        {ending}
        <span className="text-muted">, {operation.actor}</span>
      </span>
      <span className="text-xs whitespace-nowrap text-faint">
        <Age at={operation.finished_at ?? operation.created_at} as="when" />
      </span>
    </li>
  );
}
