import { connect, type Socket } from 'node:net';
import { type FaultFigures, FaultLoad, percentile } from './faults-load.ts';
import { deployment, endpoint, GatewayStand, KEY, type Model, startModel } from './faults-stand.ts';
import { delay, end } from './gateway-process.ts';

const SERVICE_MS = 5;
const CLIENTS = 32;

export interface FaultRow {
  readonly fault: string;
  readonly figures: FaultFigures;
  /** What was promised, in words. */
  readonly bar: string;
  readonly held: boolean;
  /** What else was seen. */
  readonly note: string;
}

export interface FaultPlan {
  readonly folder: string;
  readonly requests: number;
  readonly requestsPerSecond: number;
}

export interface FaultCase {
  readonly name: string;
  run(plan: FaultPlan): Promise<FaultRow>;
}

const request = (method: string, name = 'iris'): string =>
  `${method} /${name}/score HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${KEY}\r\n${method === 'POST' ? 'Content-Length: 2\r\n\r\n{}' : '\r\n'}`;

interface Stage {
  readonly gateway: GatewayStand;
  readonly models: Model[];
  readonly load: FaultLoad;
  /** Length of the load. */
  readonly totalMs: number;
}

interface StageOptions {
  method?: 'GET' | 'POST';
  idempotent?: boolean;
  resetEvery?: number;
  openFiles?: number;
}

/** Starts everything, runs the fault under load, and ends when all requests have been sent. */
async function underFault(
  plan: FaultPlan,
  options: StageOptions,
  fault: (stage: Stage) => Promise<void>,
): Promise<{ figures: FaultFigures; stage: Stage }> {
  const models = [await startModel(SERVICE_MS, options.resetEvery), await startModel(SERVICE_MS, options.resetEvery)];
  const endpoints = [endpoint('iris', [deployment('blue', 100, models)], options.idempotent)];
  const gateway = await GatewayStand.start(plan.folder, endpoints, options.openFiles ?? null);
  const { requestsPerSecond } = plan;
  const load = new FaultLoad({
    port: () => gateway.port,
    request: request(options.method ?? 'POST'),
    requestsPerSecond,
    clients: CLIENTS,
  });
  const stage = { gateway, models, load, totalMs: (plan.requests * 1000) / requestsPerSecond };
  try {
    await delay(500);
    await fault(stage);
    while (load.figures.requests < plan.requests) await delay(20);
    return { figures: await load.stop(), stage };
  } finally {
    await gateway.stop();
    for (const { child } of models) await end(child, 'SIGKILL');
  }
}

const row = (fault: string, figures: FaultFigures, bar: string, held: boolean, note = ''): FaultRow => ({
  fault,
  figures,
  bar,
  held,
  note,
});
const none = (fault: string, figures: FaultFigures, note = ''): FaultRow =>
  row(fault, figures, '0 failed', figures.failed === 0, note);

export const FAULT_CASES: readonly FaultCase[] = [
  {
    name: 'nothing',
    run: async (plan) => none('nothing', (await underFault(plan, {}, async () => undefined)).figures),
  },
  {
    name: 'kill-worker',
    async run(plan) {
      let [kills, inFlight] = [0, 0];
      const respawnMs: number[] = [];
      const { figures } = await underFault(plan, {}, async ({ gateway, load, totalMs }) => {
        for (; kills < Math.min(25, Math.floor(totalMs / 800)); kills += 1) {
          const victim = gateway.workerPids[kills % 2] as number;
          const killedAt = performance.now();
          process.kill(victim, 'SIGKILL');
          // On a busy host requests pile up before the kill takes effect.
          let most = load.inFlight;
          for (; gateway.workerPids.includes(victim); await delay(2)) most = Math.max(most, load.inFlight);
          inFlight += most;
          while (gateway.workerPids.length < 2) await delay(2);
          respawnMs.push(performance.now() - killedAt);
          await delay(200);
        }
      });
      const most = Math.max(...respawnMs);
      return row(
        `kill -9 of a worker, ${kills} times`,
        figures,
        `only what is in flight (${inFlight}), respawn ≤ 0.5 s`,
        figures.failed <= inFlight + kills && most <= 500,
        `respawn ≤ ${most.toFixed(0)} ms`,
      );
    },
  },
  {
    name: 'kill-primary',
    async run(plan) {
      const { figures } = await underFault(plan, {}, async ({ gateway }) => {
        process.kill(gateway.pid, 'SIGKILL');
        await delay(1_500);
      });
      return row(
        'kill -9 of the primary',
        figures,
        'outage ≤ 1 s',
        figures.longestGapMs <= 1_000,
        `outage ${figures.longestGapMs.toFixed(0)} ms`,
      );
    },
  },
  {
    name: 'no-control-plane',
    async run(plan) {
      const { figures } = await underFault(plan, {}, async ({ gateway }) => {
        await gateway.connectControlPlane();
        await delay(200);
        gateway.disconnectControlPlane();
      });
      return none('the control plane is gone', figures);
    },
  },
  {
    name: 'restart',
    async run(plan) {
      const { figures } = await underFault(plan, {}, async ({ gateway }) => {
        const old = gateway.workerPids;
        process.kill(gateway.pid, 'SIGHUP');
        while (gateway.workerPids.some((pid) => old.includes(pid)) || gateway.workerPids.length < 2) await delay(10);
      });
      return none('workers replaced (SIGHUP)', figures);
    },
  },
  ...[false, true].map((idempotent): FaultCase => ({
    name: idempotent ? 'kill-instance-idempotent' : 'kill-instance',
    async run(plan) {
      let [kills, inFlight] = [0, 0];
      const { figures } = await underFault(plan, { idempotent }, async ({ gateway, models, load, totalMs }) => {
        await gateway.connectControlPlane();
        for (; kills < Math.min(10, Math.floor(totalMs / 2_000)); kills += 1) {
          const victim = models[kills % 2] as Model;
          inFlight += load.inFlight;
          await end(victim.child, 'SIGKILL');
          // The control plane takes a dead instance out at once and puts its replacement in under another generation.
          await gateway.push([
            endpoint(
              'iris',
              [
                deployment(
                  'blue',
                  100,
                  models.filter((model) => model !== victim),
                ),
              ],
              idempotent,
            ),
          ]);
          victim.child = (await startModel(SERVICE_MS, 0, victim.port)).child;
          victim.generation += 1;
          await gateway.push([endpoint('iris', [deployment('blue', 100, models)], idempotent)]);
          await delay(700);
        }
      });
      const bar = idempotent ? '0 failed' : `only what is in flight (${inFlight})`;
      // One more may be on its way when a process is killed.
      const held = figures.failed <= (idempotent ? 0 : inFlight + kills);
      return row(
        `kill -9 of 1 of 2 instances, ${kills} times${idempotent ? ', idempotent predictions' : ''}`,
        figures,
        bar,
        held,
      );
    },
  })),
  {
    name: 'stop-instance',
    async run(plan) {
      let stoppedAt = 0;
      const long = { ...plan, requests: Math.max(plan.requests, plan.requestsPerSecond * 15) };
      const { figures } = await underFault(long, {}, async ({ models, load }) => {
        stoppedAt = load.elapsedMs;
        (models[0] as Model).child.kill('SIGSTOP');
        await delay(8_000);
        (models[0] as Model).child.kill('SIGCONT');
      });
      const ejectedMs = figures.lastFailureMs - stoppedAt;
      return row(
        'SIGSTOP of 1 of 2 instances for 8 s (deadline 1 s)',
        figures,
        'last failure ≤ 10 s after the stop',
        ejectedMs <= 10_000,
        `last failure ${(Math.max(0, ejectedMs) / 1000).toFixed(1)} s after`,
      );
    },
  },
  {
    name: 'weight-changes',
    async run(plan) {
      const { figures } = await underFault(plan, {}, async ({ gateway, models }) => {
        const [blue, green] = models as [Model, Model];
        await gateway.connectControlPlane();
        for (let i = 0; i < 100; i += 1) {
          await gateway.push([
            endpoint('iris', [deployment('blue', i, [blue]), deployment('green', 100 - i, [green])]),
          ]);
        }
      });
      return none('100 changes of the split', figures);
    },
  },
  {
    name: 'slow-upstream',
    async run(plan) {
      const slow = await startModel(SERVICE_MS * 10);
      let beside: FaultFigures | null = null;
      const { figures } = await underFault(plan, {}, async ({ gateway, models, load, totalMs }) => {
        await gateway.connectControlPlane();
        await gateway.push([
          endpoint('iris', [deployment('blue', 100, models)]),
          endpoint('slow', [deployment('blue', 100, [slow])]),
        ]);
        const other = new FaultLoad({
          port: () => gateway.port,
          request: request('POST', 'slow'),
          requestsPerSecond: 100,
          clients: CLIENTS,
        });
        await delay(Math.max(1_000, totalMs - load.elapsedMs - 200));
        beside = await other.stop();
      });
      await end(slow.child, 'SIGKILL');
      const slowFailed = (beside as FaultFigures | null)?.failed ?? -1;
      return row(
        'another endpoint is ten times slower',
        figures,
        '0 failed in either',
        figures.failed + slowFailed === 0,
        `${slowFailed} failed of the slow one`,
      );
    },
  },
  ...(['GET', 'POST'] as const).map((method): FaultCase => ({
    name: `resetting-upstream-${method.toLowerCase()}`,
    async run(plan) {
      const { figures } = await underFault(plan, { method, resetEvery: 10 }, async () => undefined);
      const onlyBadGateway = [...figures.reasons.keys()].every((reason) => reason === 'status 502');
      // Two attempts, and the second one may be reset as well.
      if (method === 'GET') {
        const held = onlyBadGateway && figures.failed <= figures.requests * 0.015;
        return row('models reset 1 of 10 requests, GET', figures, '≤ 1.5 % failed: both attempts reset', held);
      }
      const bar = '≤ 10 % failed, each as 502';
      return row(
        'models reset 1 of 10 requests, POST',
        figures,
        bar,
        onlyBadGateway && figures.failed <= figures.requests * 0.105,
      );
    },
  })),
  {
    name: 'stalled-clients',
    async run(plan) {
      const stalled: Socket[] = [];
      const { figures } = await underFault(plan, {}, async ({ gateway }) => {
        for (let i = 0; i < 2_000; i += 1) stalled.push(stall(gateway.port));
        await delay(1_000);
      });
      for (const socket of stalled) socket.destroy();
      return none(
        '2,000 clients that stop in the middle of a head',
        figures,
        `p99 ${percentile(figures.latenciesMs, 0.99).toFixed(0)} ms`,
      );
    },
  },
  {
    name: 'fd-limit',
    async run(plan) {
      let starts = 0;
      let freedAt = 0;
      const { figures } = await underFault(plan, { openFiles: 256 }, async ({ gateway, load }) => {
        const idle = Array.from({ length: 600 }, () => stall(gateway.port));
        await delay(2_000);
        for (const socket of idle) socket.destroy();
        freedAt = load.elapsedMs;
        await delay(1_000);
        ({ starts } = gateway);
      });
      const normalMs = Math.max(0, figures.lastFailureMs - freedAt);
      return row(
        '600 clients at a limit of 256 descriptors',
        figures,
        'no crash, normal ≤ 5 s after',
        starts === 1 && normalMs <= 5_000,
        `last failure ${(normalMs / 1000).toFixed(1)} s after`,
      );
    },
  },
];

/** A client that sends half a head and then nothing. */
function stall(port: number): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write('POST /iris/score HTTP/1.1\r\nHost: b'));
  return socket.on('error', () => undefined);
}
