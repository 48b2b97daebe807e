import type { FaultCase, FaultPlan, FaultRow } from './faults-cases.ts';
import { type FaultFigures, FaultLoad, percentile } from './faults-load.ts';
import { deployment, endpoint, GatewayStand, KEY, type Model, startModel } from './faults-stand.ts';
import { delay, end } from './gateway-process.ts';

/** Callers of an endpoint must not notice its mirror, whatever becomes of that. */

const SERVICE_MS = 5;
const CLIENTS = 32;
const ROUND_SECONDS = 1;
/** Promised of the 99th percentile, as a factor. */
const MOST = 1.01;

type MirrorFault = 'dead' | 'slow' | 'stopped';

const WORDS: Readonly<Record<MirrorFault, string>> = {
  dead: 'refuses connections',
  slow: 'is a hundred times slower',
  stopped: 'accepts and never answers',
};

export const MIRROR_CASES: readonly FaultCase[] = (['dead', 'slow', 'stopped'] as const).map((fault) => ({
  name: `mirror-${fault}`,
  run: (plan: FaultPlan) => measureMirror(plan, fault),
}));

/** The same model behind two endpoints, one of them with a mirror of every request; the load goes to one and the other in turn. */
async function measureMirror(plan: FaultPlan, fault: MirrorFault): Promise<FaultRow> {
  const blue = [await startModel(SERVICE_MS), await startModel(SERVICE_MS)];
  const mirror = await startModel(fault === 'slow' ? SERVICE_MS * 100 : SERVICE_MS);
  const shadow = { ...deployment('shadow', 0, [mirror]), mirrorPercent: 100 };
  const gateway = await GatewayStand.start(plan.folder, [
    endpoint('mirrored', [deployment('first', 100, blue), shadow]),
    // Instances are known by their names, which begin with the deployment's.
    endpoint('plain', [deployment('second', 100, blue)]),
  ]);
  try {
    await breakMirror(mirror, fault);
    await runRound(gateway, 'plain', plan);
    await runRound(gateway, 'mirrored', plan);
    const rounds: { plain: FaultFigures; mirrored: FaultFigures }[] = [];
    const pairs = Math.max(3, Math.ceil(plan.requests / plan.requestsPerSecond / (2 * ROUND_SECONDS)));
    for (let i = 0; i < pairs; i += 1) {
      const plain = await runRound(gateway, 'plain', plan);
      rounds.push({ plain, mirrored: await runRound(gateway, 'mirrored', plan) });
    }
    return describe(fault, rounds);
  } finally {
    await gateway.stop();
    for (const { child } of [...blue, mirror]) await end(child, 'SIGKILL');
  }
}

async function breakMirror({ child }: Model, fault: MirrorFault): Promise<void> {
  if (fault === 'dead') await end(child, 'SIGKILL');
  if (fault === 'stopped') child.kill('SIGSTOP');
}

async function runRound(gateway: GatewayStand, name: string, plan: FaultPlan): Promise<FaultFigures> {
  const load = new FaultLoad({
    port: () => gateway.port,
    request: `POST /${name}/score HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: 2\r\n\r\n{}`,
    requestsPerSecond: plan.requestsPerSecond,
    clients: CLIENTS,
  });
  await delay(ROUND_SECONDS * 1000);
  return load.stop();
}

/** Medians over the rounds: a moment in which the host had other things to do counts for one round only. */
function describe(fault: MirrorFault, rounds: readonly { plain: FaultFigures; mirrored: FaultFigures }[]): FaultRow {
  const p99 = (of: 'plain' | 'mirrored'): number =>
    percentile(
      rounds.map((round) => percentile(round[of].latenciesMs, 0.99)),
      0.5,
    );
  const ratio = p99('mirrored') / p99('plain');
  const figures = rounds.map(({ mirrored }) => mirrored).reduce(merge);
  return {
    fault: `the mirror ${WORDS[fault]}`,
    figures,
    bar: '0 failed, p99 +≤ 1 %',
    held: figures.failed === 0 && figures.shed === 0 && ratio <= MOST,
    note: `p99 × ${ratio.toFixed(3)} of without a mirror (${p99('plain').toFixed(2)} ms)`,
  };
}

function merge(a: FaultFigures, b: FaultFigures): FaultFigures {
  return {
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    shed: a.shed + b.shed,
    reasons: new Map([...a.reasons, ...b.reasons]),
    latenciesMs: [...a.latenciesMs, ...b.latenciesMs],
    lastFailureMs: Math.max(a.lastFailureMs, b.lastFailureMs),
    longestGapMs: Math.max(a.longestGapMs, b.longestGapMs),
  };
}
