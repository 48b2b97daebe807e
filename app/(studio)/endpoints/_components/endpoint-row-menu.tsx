'use client';

import { Activity, Copy, Ellipsis, FlaskConical, Plus, Waypoints } from 'lucide-react';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Menu } from '#components/ui/menu.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';

const SIZE = 14;

export function EndpointRowMenu({ endpoint }: { endpoint: Pick<Endpoint, 'name' | 'scoring_uri'> }) {
  const path = `/endpoints/${encodeURIComponent(endpoint.name)}`;
  async function copyUrl(): Promise<void> {
    try {
      await navigator.clipboard.writeText(endpoint.scoring_uri);
      toast({ text: `Copied ${endpoint.scoring_uri}` });
    } catch {
      toast({ tone: 'danger', text: `Not copied: the browser refused. The address is ${endpoint.scoring_uri}` });
    }
  }
  return (
    <Menu
      label={`Actions of ${endpoint.name}`}
      groups={[
        {
          id: 'go',
          entries: [
            { id: 'split', label: 'Edit split', icon: <Waypoints size={SIZE} aria-hidden="true" />, href: path },
            { id: 'test', label: 'Test', icon: <FlaskConical size={SIZE} aria-hidden="true" />, href: `${path}/test` },
            {
              id: 'monitoring',
              label: 'Monitoring',
              icon: <Activity size={SIZE} aria-hidden="true" />,
              href: `${path}/monitoring`,
            },
            {
              id: 'deployment',
              label: 'New deployment',
              icon: <Plus size={SIZE} aria-hidden="true" />,
              href: `${path}/deployments/new`,
            },
          ],
        },
        {
          id: 'copy',
          entries: [
            {
              id: 'url',
              label: 'Copy URL',
              icon: <Copy size={SIZE} aria-hidden="true" />,
              onAction: () => void copyUrl(),
            },
          ],
        },
      ]}
    >
      <IconButton
        label={`Actions of ${endpoint.name}`}
        tooltip={false}
        size="xs"
        className="opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100 aria-expanded:opacity-100"
        icon={<Ellipsis size={16} aria-hidden="true" />}
      />
    </Menu>
  );
}
