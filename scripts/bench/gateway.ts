import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPicked, LOAD_CASES, type LoadCase, measure } from './gateway-cases.ts';
import { runClosedLoop, SMALL_POST } from './gateway-closed-loop.ts';
import {
  type Column,
  formatTable,
  LOAD_COLUMNS,
  loadRows,
  type Measurement,
  replaceBetweenMarks,
  rotate,
} from './gateway-figures.ts';
import { GROWTH_COLUMNS, measureScaling, measureTableSizes, scalingNote } from './gateway-growth.ts';
import { IDLE_COLUMNS, IDLE_CONNECTIONS, measureIdle, whyNotIdle } from './gateway-idle.ts';
import { INSTALL_COLUMNS, measureInstall } from './gateway-install.ts';
import { type Models, startModels } from './gateway-models.ts';
import { directPeer, type Peer, type PeerName, PEERS, startPeer, versionOf, whyNot } from './gateway-peers.ts';
import { missingReason } from './gateway-process.ts';

/**
 * `npm run bench:gateway`: one worker of the gateway beside nginx, HAProxy and Envoy, one core each in turn; the load and the models have another.
 * docs/gateway-performance.md says what is measured and how to read it.
 *
 *   npm run bench:gateway -- --rounds 5 --seconds 4 --cases small,up/64,idle --write
 */

const REPORT = join(import.meta.dirname, '../../docs/gateway-performance.md');
const WARM_UP_SECONDS = 3;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    /** Of LOAD_CASES, or idle, scaling, endpoints, install. */
    cases: { type: 'string' },
    /** Gateways. */
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const picks = options.cases?.split(',');
const wrkReason = missingReason('wrk');
const notes: string[] = [];

// Leaving by `exit` takes the servers along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-bench-gateway-'));
  const models = await startModels(folder);
  try {
    const sections = await measureAll(folder, models);
    const report = [circumstances(), ...notes, ...sections].join('\n\n');
    console.log(`\n${report}`);
    if (options.write) writeFileSync(REPORT, replaceBetweenMarks(readFileSync(REPORT, 'utf8'), 'figures', report));
  } finally {
    await models.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(folder: string, models: Models): Promise<string[]> {
  const names = presentPeers();
  const duration = { rounds, seconds };
  const sections: string[] = [];
  const cases = LOAD_CASES.filter(({ id, needsWrk }) => isPicked(id, picks) && !(needsWrk && wrkReason !== null));
  if (wrkReason !== null) leaveOut('closed loops, idle connections, scaling and table sizes', wrkReason);
  if (cases.length > 0) {
    sections.push(section('Under load', LOAD_COLUMNS, await compareGateways(folder, models, names, cases)));
  }
  if (isPicked('idle', picks) && wrkReason === null) {
    const reason = whyNotIdle();
    if (reason !== null) leaveOut('idle connections', reason);
    else {
      const title = `${IDLE_CONNECTIONS.toLocaleString('en')} idle keep-alive connections`;
      sections.push(section(title, IDLE_COLUMNS, await measureIdle(folder, models, names, rounds)));
    }
  }
  if (isPicked('scaling', picks) && wrkReason === null) {
    const rows = await measureScaling(folder, models, duration);
    sections.push(`${section('Two workers', GROWTH_COLUMNS, rows)}\n\n${scalingNote()}`);
  }
  if (isPicked('endpoints', picks) && wrkReason === null) {
    const rows = await measureTableSizes(folder, models, duration);
    sections.push(section('Endpoints in the table', GROWTH_COLUMNS, rows));
  }
  if (isPicked('install', picks)) {
    sections.push(section('A new table', INSTALL_COLUMNS, await measureInstall(rounds)));
  }
  return sections;
}

function presentPeers(): PeerName[] {
  return PEERS.filter((name) => {
    if (options.only !== undefined && !options.only.split(',').includes(name)) return false;
    const reason = whyNot(name);
    if (reason !== null) leaveOut(name, reason);
    return reason === null;
  });
}

async function compareGateways(
  folder: string,
  models: Models,
  names: readonly PeerName[],
  cases: readonly LoadCase[],
): Promise<string[][]> {
  const peers: Peer[] = [];
  const direct = directPeer(models);
  try {
    for (const name of names) {
      const peer = await startPeer(name, folder, models);
      peers.push(peer);
      // The first seconds of a JIT are not what a server does all day.
      if (wrkReason === null) await runClosedLoop(folder, peer, { ...SMALL_POST, clients: 64 }, WARM_UP_SECONDS);
    }
    const cells = cases.flatMap((load) =>
      (load.hasDirect ? [direct, ...peers] : peers).map((peer) => ({ load, peer, rounds: [] as Measurement[] })),
    );
    for (let round = 0; round < rounds; round += 1) {
      for (const load of cases) {
        const inTurn = rotate(
          cells.filter((cell) => cell.load === load),
          round,
        );
        for (const { peer, rounds } of inTurn) {
          rounds.push(await measure(peer, load.label, () => load.run(folder, peer, seconds)));
        }
      }
      console.log(`round ${round + 1} of ${rounds} done`);
    }
    return loadRows(cells.map(({ load, peer, rounds }) => ({ label: load.label, peer: peer.name, rounds })));
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

function leaveOut(what: string, reason: string): void {
  console.log(`${what}: left out, ${reason}`);
  notes.push(`Left out: ${what}, because ${reason}.`);
}

function section(title: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  return `### ${title}\n\n${formatTable(columns, rows)}`;
}

/** What the figures were taken on. */
function circumstances(): string {
  const peers = PEERS.filter((name) => name !== 'viridian' && whyNot(name) === null);
  const versions = [`Node ${process.version}`, ...peers.map((name) => `${name} ${versionOf(name)}`)];
  const processor = cpus()[0]?.model ?? 'unknown processor';
  return `${rounds} rounds of ${seconds} s, medians. ${processor}, ${availableParallelism()} cores; ${versions.join(', ')}.`;
}
