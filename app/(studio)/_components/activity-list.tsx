'use client';

import { useQuery } from '@tanstack/react-query';
import {
  CircleCheck,
  CircleX,
  KeyRound,
  type LucideIcon,
  Rocket,
  RotateCcw,
  Scaling,
  Settings2,
  SlidersHorizontal,
  Trash2,
} from 'lucide-react';
import { Age } from '#components/layout/age.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Activity } from '#lib/contracts/endpoint.ts';
import { activityQuery } from '#lib/queries/activity.ts';
import { problemOf } from '#lib/queries/api-problem.ts';

const ICONS: Record<Activity['kind'], LucideIcon> = {
  deploy: Rocket,
  traffic: SlidersHorizontal,
  scale: Scaling,
  config: Settings2,
  restart: RotateCcw,
  delete: Trash2,
  failure: CircleX,
  key: KeyRound,
  ready: CircleCheck,
};

/** What happened lately, newest first, in sentences. */
export function ActivityList() {
  const activity = useQuery(activityQuery());
  return (
    <Section title="Activity">
      {activity.isPending ? <SkeletonRows label="the activity" rows={6} /> : null}
      {activity.isError ? (
        <ErrorState
          problem={problemOf(activity.error)}
          title="The activity could not be read"
          onRetry={() => void activity.refetch()}
          isRetrying={activity.isFetching}
        />
      ) : null}
      {activity.data?.length === 0 ? (
        <EmptyState title="Nothing happened yet" className="border-t border-line">
          Deploys, splits and restarts are told here.
        </EmptyState>
      ) : null}
      {activity.data && activity.data.length > 0 ? (
        <ul className="border-t border-line">
          {activity.data.map((one) => (
            <ActivityRow key={one.id} activity={one} />
          ))}
        </ul>
      ) : null}
    </Section>
  );
}

function ActivityRow({ activity }: { activity: Activity }) {
  const Icon = ICONS[activity.kind];
  const failed = activity.kind === 'failure';
  const endpoint = `/endpoints/${encodeURIComponent(activity.endpoint)}`;
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)_auto] gap-2.5 border-b border-line py-2.25 last:border-b-0">
      <Icon size={16} className={`mt-0.5 ${failed ? 'text-danger' : 'text-faint'}`} aria-hidden="true" />
      <span className="min-w-0 wrap-anywhere">
        <Link look="object" href={endpoint}>
          {activity.endpoint}
        </Link>
        : {activity.text}{' '}
        {activity.operation_id === null ? null : (
          <Link
            look="prose"
            href={`${endpoint}/operations/${encodeURIComponent(activity.operation_id)}`}
            aria-label={`Steps of ${activity.endpoint}: ${activity.text}`}
          >
            steps
          </Link>
        )}
      </span>
      <span className="text-xs leading-5 whitespace-nowrap text-faint">
        <Age at={activity.at} as="when" />
      </span>
    </li>
  );
}
