'use client';

import { useQuery } from '@tanstack/react-query';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Tag } from '#components/ui/chip.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatInstant } from '#lib/format/time.ts';
import { infoQuery } from '#lib/queries/info.ts';

export function EndpointFacts({ endpoint }: { endpoint: Endpoint }) {
  const style = useTimeStyle();
  const { data: info } = useQuery(infoQuery());
  const tags = Object.entries(endpoint.tags);
  const workers = info?.gateway_workers;
  return (
    <Section
      title="Endpoint"
      actions={<Link href={`/endpoints/${encodeURIComponent(endpoint.name)}/settings`}>Edit</Link>}
      className="content-start"
    >
      <div className="border-t border-line pt-3">
        <Facts
          items={[
            { term: 'Auth', value: endpoint.auth_mode === 'key' ? 'Key, two active' : 'Token, good for an hour' },
            { term: 'Routing', value: endpoint.sticky_header ? `Sticky by ${endpoint.sticky_header}` : 'Per request' },
            { term: 'Description', value: endpoint.description || '–' },
            {
              term: 'Tags',
              value:
                tags.length === 0 ? (
                  '–'
                ) : (
                  <span className="flex flex-wrap gap-1">
                    {tags.map(([key, value]) => (
                      <Tag key={key}>{value ? `${key}: ${value}` : key}</Tag>
                    ))}
                  </span>
                ),
            },
            { term: 'Created', value: formatInstant(endpoint.created_at, style) },
            {
              term: 'Gateway',
              value: workers ? `${workers.confirmed} of ${workers.total} workers serve the newest routes` : '–',
            },
          ]}
        />
      </div>
    </Section>
  );
}
