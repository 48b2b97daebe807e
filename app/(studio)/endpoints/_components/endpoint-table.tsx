'use client';

import { useRouter } from 'next/navigation';
import { type ReactNode, useRef } from 'react';
import { EndpointSplit, instancesOf, sharesOf } from '#components/endpoints/endpoint-split.tsx';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { StatusChip, Tag } from '#components/ui/chip.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Sparkline } from '#components/ui/sparkline.tsx';
import { Cell, HeadCell, Row, RowHeader, SortButton, Table } from '#components/ui/table.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatRatio, formatRequestRate } from '#lib/format/number.ts';
import { type EndpointFigures, totalFigures } from '#lib/queries/endpoint-figures.ts';
import { EndpointRowMenu } from './endpoint-row-menu.tsx';
import type { SortColumn, SortOrder } from './filter-endpoints.ts';

export interface EndpointTableProps {
  endpoints: readonly Endpoint[];
  figures: ReadonlyMap<string, EndpointFigures>;
  sort: SortOrder;
  onSort: (sort: SortOrder) => void;
}

export function EndpointTable({ endpoints, figures, sort, onSort }: EndpointTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const router = useRouter();
  const step = (by: number) => focusRowLink(body.current, by);
  useShortcuts([
    { keys: 'j', label: 'Next row', group: 'List', run: () => step(1) },
    { keys: 'k', label: 'Previous row', group: 'List', run: () => step(-1) },
    { keys: 'n', label: 'New endpoint', group: 'List', run: () => router.push('/endpoints/new') },
  ]);
  const head = (column: SortColumn, text: string, numeric = false) => (
    <SortableHead column={column} sort={sort} onSort={onSort} numeric={numeric}>
      {text}
    </SortableHead>
  );
  return (
    <Table label="Endpoints">
      <thead>
        <tr>
          {head('state', 'State')}
          {head('name', 'Name')}
          <HeadCell>Split</HeadCell>
          {head('requests', 'Requests', true)}
          <HeadCell className="max-[1400px]:hidden">
            <span className="sr-only">Requests of the last hour</span>
          </HeadCell>
          {head('p95', 'p95', true)}
          {head('errors', 'Errors', true)}
          {head('instances', 'Instances', true)}
          {head('cost', 'Run rate', true)}
          {head('updated', 'Changed', true)}
          <HeadCell className="w-8">
            <span className="sr-only">Actions</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody ref={body}>
        {endpoints.map((endpoint) => (
          <EndpointRow key={endpoint.name} endpoint={endpoint} figures={figures.get(endpoint.name)} />
        ))}
      </tbody>
      <EndpointTotals endpoints={endpoints} figures={figures} />
    </Table>
  );
}

function focusRowLink(body: HTMLElement | null, by: number): void {
  const links = [...(body?.querySelectorAll<HTMLElement>('[data-row-link]') ?? [])];
  const current = links.findIndex((link) => link === document.activeElement);
  const next = current < 0 ? (by > 0 ? 0 : links.length - 1) : current + by;
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}

interface SortableHeadProps {
  column: SortColumn;
  sort: SortOrder;
  onSort: (sort: SortOrder) => void;
  numeric: boolean;
  children: ReactNode;
}

function SortableHead({ column, sort, onSort, numeric, children }: SortableHeadProps) {
  const current = sort.column === column;
  const direction = current ? (sort.descending ? 'desc' : 'asc') : null;
  return (
    <HeadCell numeric={numeric} aria-sort={current ? (sort.descending ? 'descending' : 'ascending') : 'none'}>
      <SortButton
        direction={direction}
        atStart={numeric}
        onClick={() => onSort({ column, descending: current ? !sort.descending : numeric })}
      >
        {children}
      </SortButton>
    </HeadCell>
  );
}

function EndpointRow({ endpoint, figures }: { endpoint: Endpoint; figures: EndpointFigures | undefined }) {
  const { locale } = usePreferences();
  const instances = instancesOf(endpoint);
  const rate = formatRequestRate(figures?.ratePerSecond ?? 0, locale);
  return (
    <Row>
      <Cell>
        <StatusChip status={endpoint.state} />
      </Cell>
      <RowHeader>
        <span className="flex max-w-60 items-center min-[1600px]:max-w-110 gap-2">
          <Link look="object" href={`/endpoints/${encodeURIComponent(endpoint.name)}`} data-row-link>
            {endpoint.name}
          </Link>
          <EndpointRemark endpoint={endpoint} />
        </span>
      </RowHeader>
      <Cell>
        <span className="flex items-center gap-2">
          <EndpointSplit endpoint={endpoint} className="w-19" />
          <DeploymentMarks endpoint={endpoint} />
        </span>
      </Cell>
      <Cell numeric className={rate.value === '0' ? 'text-muted' : ''}>
        <Figure value={rate.value} unit={rate.value === '0' ? '' : rate.unit} />
      </Cell>
      <Cell className="max-[1400px]:hidden">
        <Sparkline values={figures?.spark ?? []} />
      </Cell>
      <Cell numeric>{figureText(formatLatency(figures?.p95Ms ?? null, locale))}</Cell>
      <Cell numeric>{figureText(formatRatio(figures?.errorRatio ?? null, locale))}</Cell>
      <Cell numeric>
        {instances.ready} <span className="text-muted">/ {instances.wanted}</span>
      </Cell>
      <Cell numeric>
        <Figure {...formatHourlyRate(endpoint.run_rate_micros_per_hour, endpoint.currency, locale)} />
      </Cell>
      <Cell numeric className="text-muted">
        <Age at={endpoint.updated_at} />
      </Cell>
      <Cell className="w-8">
        <EndpointRowMenu endpoint={endpoint} />
      </Cell>
    </Row>
  );
}

const MARKS_SHOWN = 6;

/** One mark per deployment, those without traffic too. */
function DeploymentMarks({ endpoint }: { endpoint: Endpoint }) {
  const names = endpoint.deployments.map((one) => one.name).join(', ');
  return (
    <span role="img" aria-label={`deployments: ${names || 'none'}`} title={names} className="flex gap-1">
      {sharesOf(endpoint)
        .slice(0, MARKS_SHOWN)
        .map((share) => (
          <DeploymentMark key={share.name} slot={share.slot} size={8} />
        ))}
    </span>
  );
}

/** Why an endpoint is not well, or that a deployment of a well one failed; else one tag. */
function EndpointRemark({ endpoint }: { endpoint: Endpoint }) {
  const [tag] = Object.entries(endpoint.tags);
  const failed = endpoint.deployments.filter((one) => one.provisioning_state === 'Failed').map((one) => one.name);
  const reason = endpoint.state === 'healthy' ? '' : endpoint.state_reason;
  const remark = reason || (failed.length > 0 ? `${failed.join(', ')} failed` : '');
  if (remark !== '') {
    const serious = endpoint.state === 'failed' || failed.length > 0;
    return (
      <span title={remark} className={`truncate text-xs ${serious ? 'text-danger' : 'text-muted'}`}>
        {remark}
      </span>
    );
  }
  return tag ? <Tag>{tag.join(' ')}</Tag> : null;
}

function EndpointTotals({ endpoints, figures }: Pick<EndpointTableProps, 'endpoints' | 'figures'>) {
  const { locale } = usePreferences();
  const shown = new Map(
    endpoints.flatMap(({ name }) => (figures.has(name) ? [[name, figures.get(name)!] as const] : [])),
  );
  const deployments = endpoints.reduce((sum, endpoint) => sum + endpoint.deployments.length, 0);
  const runRate = endpoints.reduce((sum, endpoint) => sum + endpoint.run_rate_micros_per_hour, 0);
  const foot = 'border-b-0 font-medium';
  return (
    <tfoot>
      <tr>
        <Cell colSpan={3} className="border-b-0 text-muted">
          {endpoints.length === 1 ? '1 endpoint' : `${endpoints.length} endpoints`},{' '}
          {deployments === 1 ? '1 deployment' : `${deployments} deployments`}
        </Cell>
        <Cell numeric className={foot}>
          <Figure {...formatRequestRate(totalFigures(shown).ratePerSecond, locale)} />
        </Cell>
        <Cell className="border-b-0 max-[1400px]:hidden" />
        <Cell colSpan={3} className="border-b-0" />
        <Cell numeric className={foot}>
          <Figure {...formatHourlyRate(runRate, endpoints[0]?.currency ?? 'USD', locale)} />
        </Cell>
        <Cell colSpan={2} className="border-b-0" />
      </tr>
    </tfoot>
  );
}
