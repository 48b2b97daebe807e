'use client';

import { useQuery } from '@tanstack/react-query';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { type Status, StatusChip } from '#components/ui/chip.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { Deployment, Instance, InstanceState } from '#lib/contracts/deployment.ts';
import { formatMemoryMib } from '#lib/format/bytes.ts';
import { formatDecimal } from '#lib/format/number.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { instancesQuery } from '#lib/queries/deployments.ts';
import { EjectionNote } from './ejection-note.tsx';
import { Gpus, LastExit, Network, UnknownNote } from './instance-facts.tsx';
import { RestartInstance } from './restart-instance.tsx';

const REFETCH_MS = 5_000;

const STATES: Record<InstanceState, { status: Status; word: string }> = {
  starting: { status: 'starting', word: 'Starting' },
  probing: { status: 'starting', word: 'Probing' },
  ready: { status: 'ready', word: 'Ready' },
  unready: { status: 'degraded', word: 'Not ready' },
  draining: { status: 'updating', word: 'Draining' },
  stopping: { status: 'deleting', word: 'Stopping' },
  backing_off: { status: 'degraded', word: 'Waiting to restart' },
  exited: { status: 'failed', word: 'Exited' },
};

const MEMORY_WORDS: Record<Instance['memory_limit_by'], string> = {
  cgroup: 'enforced by the kernel',
  rlimit: 'enforced for the program’s data',
  none: 'watched, not enforced',
};

/** What runs now: state, age, restarts, how it last ended, what it uses. */
export function InstanceTable({ endpoint, deployment }: { endpoint: string; deployment: Deployment }) {
  const {
    data: instances,
    error,
    refetch,
  } = useQuery({ ...instancesQuery(endpoint, deployment.name), refetchInterval: REFETCH_MS });
  const { locale } = usePreferences();
  const isExternal = deployment.external !== undefined;
  const limitedBy = isExternal ? undefined : instances?.[0]?.memory_limit_by;
  return (
    <Section
      title="Instances"
      count={instances?.length}
      aside={limitedBy ? <span className="text-xs text-muted">Memory limit: {MEMORY_WORDS[limitedBy]}</span> : null}
    >
      {error ? (
        <ErrorState problem={problemOf(error)} title="The instances could not be read" onRetry={() => void refetch()} />
      ) : null}
      {instances === undefined && !error ? <SkeletonRows label="the instances" rows={2} /> : null}
      {instances?.length === 0 ? (
        <p className="border-t border-line py-3 text-muted">
          Nothing runs for this deployment, and nothing is charged. Earlier consoles are under Logs.
        </p>
      ) : null}
      {instances && instances.length > 0 ? (
        <Table label="Instances">
          <thead>
            <tr>
              <HeadCell>{isExternal ? 'Server' : 'Instance'}</HeadCell>
              <HeadCell>State</HeadCell>
              <HeadCell numeric>Up</HeadCell>
              <HeadCell numeric>Restarts</HeadCell>
              <HeadCell>Last exit</HeadCell>
              <HeadCell numeric>CPU</HeadCell>
              <HeadCell numeric>Memory</HeadCell>
              {isExternal ? null : <HeadCell numeric>GPU</HeadCell>}
              <HeadCell numeric>Network</HeadCell>
              <HeadCell>Console</HeadCell>
              {isExternal ? null : (
                <HeadCell>
                  <span className="sr-only">Actions</span>
                </HeadCell>
              )}
            </tr>
          </thead>
          <tbody>
            {instances.map((instance) => (
              <Row key={instance.id}>
                <RowHeader className="font-mono text-xs">
                  {instance.url ?? instance.id.split('.').at(-1)}
                  {isExternal && instance.runtime_ref ? (
                    <span className="block font-normal text-muted">
                      at {instance.runtime_ref.replace(/^external:/, '')}
                    </span>
                  ) : null}
                </RowHeader>
                <Cell>
                  <StatusChip {...STATES[instance.state]} />
                  {isExternal && instance.probe && instance.state !== 'ready' ? (
                    <span className="block max-w-80 text-xs wrap-anywhere text-muted">{instance.probe}</span>
                  ) : null}
                  {instance.unknown_since ? <UnknownNote since={instance.unknown_since} /> : null}
                  {instance.ejection ? <EjectionNote ejection={instance.ejection} /> : null}
                </Cell>
                <Cell numeric>{instance.started_at ? <Age at={instance.started_at} /> : '–'}</Cell>
                <Cell numeric>{instance.restarts}</Cell>
                <Cell>{instance.last_exit ? <LastExit exit={instance.last_exit} /> : '–'}</Cell>
                <Cell numeric>
                  {instance.cpu_percent === null ? (
                    '–'
                  ) : (
                    <Figure value={formatDecimal(instance.cpu_percent, locale)} unit="%" />
                  )}
                </Cell>
                <Cell numeric>
                  <Memory instance={instance} />
                </Cell>
                {isExternal ? null : (
                  <Cell numeric>
                    <Gpus instance={instance} />
                  </Cell>
                )}
                <Cell numeric>
                  <Network instance={instance} />
                </Cell>
                <Cell>
                  <Link
                    href={`/endpoints/${encodeURIComponent(endpoint)}/logs?dep=${encodeURIComponent(deployment.name)}&instance=${encodeURIComponent(instance.id)}`}
                  >
                    Open
                  </Link>
                </Cell>
                {isExternal ? null : (
                  <Cell>
                    <RestartInstance endpoint={endpoint} deployment={deployment} instance={instance} />
                  </Cell>
                )}
              </Row>
            ))}
          </tbody>
        </Table>
      ) : null}
    </Section>
  );
}

function Memory({ instance }: { instance: Instance }) {
  const { locale } = usePreferences();
  if (instance.memory_mib === null) return '–';
  const used = formatMemoryMib(Math.round(instance.memory_mib), locale);
  const limit = instance.memory_limit_mib === null ? null : formatMemoryMib(instance.memory_limit_mib, locale);
  return (
    <>
      <Figure {...used} />
      {limit ? <span className="text-faint"> of {`${limit.value} ${limit.unit}`}</span> : null}
    </>
  );
}
