'use client';

import { useQuery } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { StatusChip, Tag } from '#components/ui/chip.tsx';
import type { SplitDraft } from '#components/traffic/use-split-draft.ts';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Link } from '#components/ui/link.tsx';
import { Menu } from '#components/ui/menu.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatRatio, formatRequestRate } from '#lib/format/number.ts';
import { recentRate, weightedRatio } from '#lib/queries/endpoint-figures.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';
import type { DeploymentVerb } from './deployment-dialog.tsx';
import { DeploymentDialog } from './lazy-deployment-dialog.tsx';
import { statusOfDeployment } from './deployment-status.ts';
import { useEndpointDraft } from './use-endpoint-draft.ts';

const LOOK_BACK_MS = 15 * 60_000;

export function DeploymentTable({ endpoint, deployments }: { endpoint: Endpoint; deployments: readonly Deployment[] }) {
  const figures = useDeploymentFigures(endpoint.name);
  const [open, setOpen] = useState<{ verb: DeploymentVerb; deployment: Deployment } | null>(null);
  const { draft, heirs } = useEndpointDraft(endpoint, deployments);
  const { locale } = usePreferences();
  if (deployments.length === 0) return null;
  return (
    <Section title="Deployments" count={deployments.length}>
      <Table label="Deployments">
        <thead>
          <tr>
            <HeadCell>Deployment</HeadCell>
            <HeadCell numeric>Share</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell className="max-md:hidden">Model</HeadCell>
            <HeadCell className="max-md:hidden">Instance type</HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Ready
            </HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Requests
            </HeadCell>
            <HeadCell numeric>p95</HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Errors
            </HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Run rate
            </HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Changed
            </HeadCell>
            <HeadCell className="w-8">
              <span className="sr-only">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {deployments.map((deployment) => {
            const figure = figures.get(deployment.name);
            const path = `/endpoints/${encodeURIComponent(endpoint.name)}/deployments/${encodeURIComponent(deployment.name)}`;
            return (
              <Row key={deployment.name}>
                <RowHeader>
                  <span className="flex items-center gap-1.5">
                    <DeploymentMark slot={deployment.colour_slot} />
                    <Link look="object" href={path}>
                      {deployment.name}
                    </Link>
                    {deployments.length > 1 && heirs[0] === deployment.name ? <Tag>baseline</Tag> : null}
                  </span>
                </RowHeader>
                <Cell numeric>
                  {deployment.mirror_percent > 0
                    ? `mirror ${deployment.mirror_percent} %`
                    : `${deployment.traffic_percent} %`}
                </Cell>
                <Cell>
                  <StatusChip {...statusOfDeployment(deployment)} />
                </Cell>
                <Cell className="font-mono text-xs max-md:hidden">
                  {deployment.model?.replace(/^azureml:/, '') ?? deployment.external?.urls[0] ?? '–'}
                </Cell>
                <Cell className="max-md:hidden">{deployment.instance_type}</Cell>
                <Cell numeric className="max-md:hidden">
                  {deployment.ready_instances} of {deployment.instance_count}
                </Cell>
                <Cell numeric className="max-md:hidden">
                  <Figure {...formatRequestRate(figure?.ratePerSecond ?? 0, locale)} />
                </Cell>
                <Cell numeric>
                  <Figure {...formatLatency(figure?.p95Ms ?? null, locale)} />
                </Cell>
                <Cell numeric className="max-md:hidden">
                  {figureText(formatRatio(figure?.errorRatio ?? null, locale))}
                </Cell>
                <Cell numeric className="max-md:hidden">
                  <Figure {...formatHourlyRate(deployment.run_rate_micros_per_hour, deployment.currency, locale)} />
                </Cell>
                <Cell numeric className="max-md:hidden">
                  <Age at={deployment.updated_at} />
                </Cell>
                <Cell>
                  <DeploymentMenu
                    path={path}
                    endpoint={endpoint.name}
                    deployment={deployment}
                    onVerb={(verb) => setOpen({ verb, deployment })}
                    onMoveAway={draft.canMove(deployment.name) ? () => draftAway(draft, deployment.name) : null}
                  />
                </Cell>
              </Row>
            );
          })}
        </tbody>
      </Table>
      {open ? (
        <DeploymentDialog
          endpoint={endpoint.name}
          deployment={open.deployment}
          verb={open.verb}
          onClose={() => setOpen(null)}
        />
      ) : null}
    </Section>
  );
}

interface DeploymentMenuProps {
  path: string;
  endpoint: string;
  deployment: Deployment;
  onVerb: (verb: DeploymentVerb) => void;
  /** Drafts a split without it; null where nobody else could take its share. */
  onMoveAway: (() => void) | null;
}

function DeploymentMenu({ path, endpoint, deployment, onVerb, onMoveAway }: DeploymentMenuProps) {
  const base = `/endpoints/${encodeURIComponent(endpoint)}`;
  const name = encodeURIComponent(deployment.name);
  const takesTraffic = deployment.traffic_percent > 0 || deployment.mirror_percent > 0;
  return (
    <Menu
      label={`Actions of ${deployment.name}`}
      groups={[
        {
          id: 'go',
          entries: [
            { id: 'open', label: 'Open', href: path },
            { id: 'test', label: 'Test', href: `${base}/test?deployment=${name}` },
            { id: 'logs', label: 'Logs', href: `${base}/logs?dep=${name}` },
          ],
        },
        {
          id: 'change',
          entries: [
            // Neither is Viridian's to do with servers that run elsewhere.
            ...(deployment.external
              ? [{ id: 'edit', label: 'Edit servers', href: `${base}/deployments/new?from=${name}` }]
              : [
                  { id: 'edit', label: 'Edit', href: `${base}/deployments/new?from=${name}` },
                  { id: 'scale', label: 'Scale…', onAction: () => onVerb('scale') },
                  { id: 'restart', label: 'Restart…', onAction: () => onVerb('restart') },
                ]),
            ...(takesTraffic && onMoveAway
              ? [
                  {
                    id: 'move',
                    label: 'Move its traffic away',
                    description: 'Drafts the split without it',
                    onAction: onMoveAway,
                  },
                ]
              : []),
            {
              id: 'delete',
              label: 'Delete…',
              isDangerous: true,
              isDisabled: takesTraffic,
              ...(takesTraffic && {
                description: `It takes ${deployment.traffic_percent || deployment.mirror_percent} % of the traffic; move that first`,
              }),
              onAction: () => onVerb('delete'),
            },
          ],
        },
      ]}
    >
      <IconButton
        label={`Actions of ${deployment.name}`}
        tooltip={false}
        size="xs"
        icon={<Ellipsis size={16} aria-hidden="true" />}
      />
    </Menu>
  );
}

/** Drafts the split without a deployment and shows the draft: it is applied there, and then the deployment can be deleted. */
function draftAway(draft: SplitDraft, name: string): void {
  draft.endGesture();
  draft.move(name, 0);
  draft.endGesture();
  document.getElementById('traffic')?.scrollIntoView({ block: 'start' });
}

interface DeploymentFigures {
  ratePerSecond: number;
  errorRatio: number | null;
  p95Ms: number | null;
}

function useDeploymentFigures(endpoint: string): ReadonlyMap<string, DeploymentFigures> {
  const common = { endpoint, range: { lastMs: LOOK_BACK_MS }, splitBy: ['deployment'] as const };
  const errors = useQuery(metricsQuery({ ...common, metric: 'ErrorRate', stepSeconds: 60 }));
  const p95 = useQuery(metricsQuery({ ...common, metric: 'RequestLatency_P95', stepSeconds: LOOK_BACK_MS / 1000 }));
  const slowest = new Map(
    p95.data?.series.map(({ labels, points }) => [
      labels['deployment'] ?? '',
      points.findLast(([, value]) => value !== null)?.[1] ?? null,
    ]),
  );
  return new Map(
    errors.data?.series.map((series) => {
      const name = series.labels['deployment'] ?? '';
      const ratePerSecond = recentRate(series, errors.dataUpdatedAt) ?? 0;
      return [name, { ratePerSecond, errorRatio: weightedRatio(series).errorRatio, p95Ms: slowest.get(name) ?? null }];
    }),
  );
}
