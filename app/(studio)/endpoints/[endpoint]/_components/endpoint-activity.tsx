'use client';

import { useQuery } from '@tanstack/react-query';
import { Actor } from '#components/layout/actor.tsx';
import { Age } from '#components/layout/age.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { endpointActivityQuery } from '#lib/queries/activity.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';

/** What happened, in sentences, newest first. */
export function EndpointActivity({ endpoint }: { endpoint: string }) {
  const { data: activity } = useQuery(endpointActivityQuery(endpoint));
  const { data } = useQuery(endpointQuery(endpoint));
  if (activity === undefined || activity.length === 0) return null;
  const slots = new Map(data?.deployments.map((one) => [one.name, one.colour_slot]));
  return (
    <Section title="Activity">
      <ol className="border-t border-line">
        {activity.map((one) => (
          <li key={one.id} className="flex min-h-10 items-center gap-x-2 border-b border-line py-1.5 max-md:flex-wrap">
            <span className="w-4">
              {one.deployment ? <DeploymentMark slot={slots.get(one.deployment) ?? 0} /> : null}
            </span>
            <span className="min-w-0 flex-1 wrap-anywhere max-md:basis-3/4">
              {one.text}{' '}
              {one.operation_id ? (
                <Link look="prose" href={`/endpoints/${encodeURIComponent(endpoint)}/operations/${one.operation_id}`}>
                  steps
                </Link>
              ) : null}
            </span>
            <span className="text-xs whitespace-nowrap text-muted max-md:ps-6 max-md:wrap-anywhere max-md:whitespace-normal">
              <Actor name={one.actor} />, <Age at={one.at} as="when" />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
