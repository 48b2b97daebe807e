import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VECTOR_GROUPS } from './all-vectors.ts';
import { RecordingUpstream } from './recording-upstream.ts';
import { mismatches } from './mismatches.ts';
import { runVector } from './run-vector.ts';
import { startVectorGateway } from './vector-gateway.ts';

/** Long enough for a busy host: a vector that holds never waits for it. */
const PATIENCE = { quietMs: 10_000 };

let upstream: RecordingUpstream;
let gateway: Awaited<ReturnType<typeof startVectorGateway>>;

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
  gateway = await startVectorGateway(upstream.port);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

describe.each(VECTOR_GROUPS)('$row $topic', ({ vectors }) => {
  it.each(vectors)('$rule: $name', async (vector) => {
    const outcome = await runVector(vector, gateway.port, upstream, PATIENCE);
    expect(outcome.violations).toEqual([]);
    expect(mismatches(vector, outcome)).toEqual([]);
  });
});

it('every vector has a name of its own', () => {
  const names = VECTOR_GROUPS.flatMap(({ row, vectors }) => vectors.map(({ rule, name }) => `${row} ${rule}: ${name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(200);
});
