import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { TableChanges, TableFeed } from '#server/gateway/table-parts.ts';
import type { ToPrimary, ToWorker } from '#server/gateway/worker-messages.ts';
import type { RouteTable } from '#server/routing/route-table.ts';
import { type Column, fixed, median } from './gateway-figures.ts';
import type { InstallReport } from './gateway-install-worker.ts';
import { end } from './gateway-process.ts';
import { benchTable } from './gateway-table.ts';
import { SERVER_CORE } from './pinning.ts';
import { spawnOnCore } from './run-on-core.ts';

/** What a new route table of many endpoints costs a worker that serves: time until it is served, and how long nothing else could run. */

const ENDPOINTS = 10_000;
const WORKER_SCRIPT = join(import.meta.dirname, 'gateway-install-worker.ts');
/** Nothing is called here, so the ports lead nowhere. */
const PORTS = { small: [1, 1], upload: [1, 1], download: [1, 1], stream: [1, 1] } as const;

export const INSTALL_COLUMNS: readonly Column[] = [
  { title: `table of ${ENDPOINTS.toLocaleString('en')} endpoints`, align: 'left' },
  { title: 'sent to served ms', align: 'right' },
  { title: 'worker CPU ms', align: 'right' },
  { title: 'install ms', align: 'right' },
  { title: 'longest stall ms', align: 'right' },
];

interface Install extends Omit<InstallReport, 'type'> {
  sentToServedMs: number;
}

/** Tables that are published one after the other. */
function tables(): { label: string; table: RouteTable }[] {
  const first = benchTable(PORTS, ENDPOINTS, 1);
  return [
    { label: 'first', table: first },
    { label: 'one split changed', table: withOneChange(first) },
    { label: 'every instance replaced', table: benchTable(PORTS, ENDPOINTS, 3) },
  ];
}

/** Each round in a worker of its own. */
export async function measureInstall(rounds: number): Promise<string[][]> {
  const steps = tables();
  const runs = steps.map((): Install[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const worker = spawnOnCore(SERVER_CORE, [process.execPath, WORKER_SCRIPT], { ipc: true });
    try {
      await message(worker, 'up');
      const started = message(worker, 'installed');
      worker.send(startMessage());
      await started;
      const publish = createFeed(worker);
      for (const [index, { table }] of steps.entries()) runs[index]?.push(await installed(worker, table, publish));
    } finally {
      await end(worker, 'SIGKILL');
    }
  }
  return steps.map(({ label }, index) => {
    const of = (pick: (one: Install) => number): string => fixed(median((runs[index] ?? []).map(pick)), 1);
    const [served, cpu, install, stall] = (['sentToServedMs', 'cpuMs', 'installMs', 'stallMs'] as const).map((field) =>
      of((one) => one[field]),
    );
    return [label, served, cpu, install, stall] as string[];
  });
}

/** Gives a worker its tables like the primary does. */
function createFeed(worker: ChildProcess): (table: RouteTable) => void {
  const changes = new TableChanges();
  const feed = new TableFeed((_worker, part) => worker.send({ type: 'table_part', part } satisfies ToWorker));
  feed.addWorker(0);
  worker.on('message', (said) => {
    if ((said as ToPrimary).type === 'part_installed') feed.onInstalled(0);
  });
  return (table) => feed.publish(changes.partsTo(table));
}

async function installed(
  worker: ChildProcess,
  table: RouteTable,
  publish: (table: RouteTable) => void,
): Promise<Install> {
  const served = message(worker, 'serving').then(() => performance.now());
  const report = message<InstallReport>(worker, 'installed');
  const sentAt = performance.now();
  publish(table);
  const sentToServedMs = (await served) - sentAt;
  const { installMs, cpuMs, stallMs } = await report;
  return { sentToServedMs, installMs, cpuMs, stallMs };
}

/** The next message of a type. @throws when the worker ends instead */
function message<T extends { type: string }>(worker: ChildProcess, type: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (said: unknown): void => {
      if ((said as T).type !== type) return;
      worker.off('message', onMessage).off('exit', onExit);
      resolve(said as T);
    };
    const onExit = (): void => reject(new Error(`the worker ended before it said "${type}"`));
    worker.on('message', onMessage).once('exit', onExit);
  });
}

function startMessage(): ToWorker {
  return {
    type: 'start',
    host: '127.0.0.1',
    port: 0,
    domain: null,
    badKeysPerMinute: 0,
    hopId: 'bench',
    workerCount: 1,
    telemetrySocket: '/nonexistent/telemetry.sock',
    table: null,
    upstreamKey: '00'.repeat(32),
    tls: null,
  };
}

function withOneChange(table: RouteTable): RouteTable {
  const [first, ...rest] = table.endpoints;
  if (first === undefined) throw new Error('the table is empty');
  const deployments = first.deployments.map((one) => ({ ...one, weight: 100 - one.weight }));
  return { ...table, revision: 2, endpoints: [{ ...first, deployments }, ...rest] };
}
