import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { VECTOR_GROUPS } from '#server/gateway/vectors/all-vectors.ts';
import { RecordingUpstream } from '#server/gateway/vectors/recording-upstream.ts';
import { runVector } from '#server/gateway/vectors/run-vector.ts';
import type { Vector } from '#server/gateway/vectors/vector.ts';
import { startVectorGateway } from '#server/gateway/vectors/vector-gateway.ts';
import { judge, type Judged, renderPage } from './vector-page.ts';
import { startVectorPeer, VECTOR_PEERS, type VectorPeerName, whyNot } from './vector-peers.ts';

/** `npm run check:vectors`: the gateway's vectors against other proxies; writes what came of it to docs/gateway-vectors.md. */

const PAGE = join(import.meta.dirname, '../../docs/gateway-vectors.md');
const COMPARED = VECTOR_GROUPS.map((group) => ({
  ...group,
  vectors: group.vectors.filter(({ product }) => product !== true),
}));
/** Without a byte for so long a proxy is taken to say nothing more. */
const QUIET_MS = 400;

const folder = mkdtempSync(join(tmpdir(), 'viridian-vectors-'));
const upstream = await RecordingUpstream.start();
const columns: { name: string; results: Map<Vector, Judged> }[] = [];
try {
  columns.push({ name: 'viridian', results: await runGateway() });
  for (const name of VECTOR_PEERS) {
    const missing = whyNot(name);
    if (missing !== null) process.stdout.write(`${name} is left out: ${missing}\n`);
    else columns.push({ name, results: await runPeer(name) });
  }
  writeFileSync(PAGE, renderPage(COMPARED, columns));
  process.stdout.write(`wrote ${PAGE}\n`);
} finally {
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function runGateway(): Promise<Map<Vector, Judged>> {
  const gateway = await startVectorGateway(upstream.port);
  const results = new Map<Vector, Judged>();
  for (const vector of COMPARED.flatMap(({ vectors }) => vectors)) {
    results.set(vector, judge(vector, await runVector(vector, gateway.port, upstream, { quietMs: 10_000 })));
  }
  await gateway.stop();
  return results;
}

/** A proxy that dies of a vector is started anew for the next one. */
async function runPeer(name: VectorPeerName): Promise<Map<Vector, Judged>> {
  const results = new Map<Vector, Judged>();
  let peer = await startVectorPeer(name, folder, upstream.port);
  for (const vector of COMPARED.flatMap(({ vectors }) => vectors)) {
    const outcome = await runVector(vector, peer.port, upstream, { quietMs: QUIET_MS });
    // Who dies of a vector is known to be dead a moment later.
    if (outcome.violations.length > 0) await delay(QUIET_MS);
    const violations = peer.hasDied() ? ['its process died'] : outcome.violations;
    results.set(vector, judge(vector, { ...outcome, violations }));
    if (peer.hasDied()) peer = await startVectorPeer(name, folder, upstream.port);
  }
  await peer.stop();
  return results;
}
