import type { FaultCase, FaultPlan, FaultRow } from './faults-cases.ts';
import { type FaultFigures, FaultLoad } from './faults-load.ts';
import { deployment, endpoint, GatewayStand, KEY, type Model, startModel } from './faults-stand.ts';
import { delay, end } from './gateway-process.ts';

/** Ten times what the instances can take must not keep them from what they can: the rest is turned away at once. */

const SERVICE_MS = 50;
const SLOTS = 4;
const INSTANCES = 2;
/** Requests a second that the instances can answer at most. */
const CAPACITY = (INSTANCES * SLOTS * 1000) / SERVICE_MS;
/** More than may run and wait together, so that some are turned away. */
const CLIENTS = 96;
const SECONDS = 5;
const LEAST_GOODPUT = 0.9;

export const OVERLOAD_CASES: readonly FaultCase[] = [{ name: 'overload', run: (plan) => measureOverload(plan) }];

async function measureOverload(plan: FaultPlan): Promise<FaultRow> {
  const models: Model[] = [];
  for (let i = 0; i < INSTANCES; i += 1) models.push(await startModel(SERVICE_MS));
  const blue = deployment('blue', 100, models);
  blue.instances = blue.instances.map((instance) => ({ ...instance, maxConcurrency: SLOTS }));
  const gateway = await GatewayStand.start(plan.folder, [endpoint('iris', [blue])]);
  try {
    await runRound(gateway, 1.2 * CAPACITY);
    const full = await runRound(gateway, 1.2 * CAPACITY);
    return describe(full, await runRound(gateway, 10 * CAPACITY));
  } finally {
    await gateway.stop();
    for (const { child } of models) await end(child, 'SIGKILL');
  }
}

async function runRound(gateway: GatewayStand, requestsPerSecond: number): Promise<FaultFigures> {
  const load = new FaultLoad({
    port: () => gateway.port,
    request: `POST /iris/score HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: 2\r\n\r\n{}`,
    requestsPerSecond,
    clients: CLIENTS,
  });
  await delay(SECONDS * 1000);
  return load.stop();
}

function describe(full: FaultFigures, over: FaultFigures): FaultRow {
  const goodput = over.latenciesMs.length / full.latenciesMs.length;
  const rate = (figures: FaultFigures): string => (figures.latenciesMs.length / SECONDS).toFixed(0);
  return {
    fault: 'ten times the load that the instances can take',
    figures: over,
    bar: '0 failed, ≥ 90 % of the answers of 1.2 times',
    held: over.failed === 0 && goodput >= LEAST_GOODPUT,
    note: `${rate(over)} answers/s instead of ${rate(full)}`,
  };
}
