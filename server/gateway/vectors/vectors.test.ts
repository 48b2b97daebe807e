import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../gateway.ts';
import { fieldOf, type RawMessage } from '#server/gateway/testing/raw-message.ts';
import { VECTOR_GROUPS } from './all-vectors.ts';
import { RecordingUpstream } from './recording-upstream.ts';
import { runVector } from './run-vector.ts';
import type { ExpectedAnswer, SeenUpstream } from './vector.ts';
import { vectorRoutes } from './vector-routes.ts';

/** Long enough for a busy host: a vector that holds never waits for it. */
const PATIENCE = { quietMs: 10_000 };

let upstream: RecordingUpstream;
let gateway: Gateway;
let port: number;

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
  gateway = createGateway({
    hopId: 'this-gateway',
    source: 'vectors',
    sendRecords: async () => 'arrived',
    settings: { drainTimeoutMs: 100, lingerTimeoutMs: 20, sweepIntervalMs: 5 },
  });
  gateway.install(vectorRoutes(upstream.port));
  ({ port } = await gateway.listen({ host: '127.0.0.1', port: 0 }));
});

afterAll(async () => {
  await gateway.drain();
  await upstream.stop();
});

describe.each(VECTOR_GROUPS)('$row $topic', ({ vectors }) => {
  it.each(vectors)('$rule: $name', async (vector) => {
    const outcome = await runVector(vector, port, upstream, PATIENCE);
    expect(outcome.violations).toEqual([]);
    expect(outcome.answers.map(({ start }) => Number(start.split(' ')[1]))).toEqual(
      vector.client.answers.map(({ status }) => status),
    );
    for (const [i, answer] of outcome.answers.entries())
      expectAnswer(answer, vector.client.answers[i] as ExpectedAnswer);
    expect(outcome.ending === 'open').toBe(!vector.client.closes);
    if (vector.client.cut === true) expect(outcome.rest).toContain('half');
    else expect(outcome.rest).toBe('');
    expect(outcome.requests).toHaveLength(vector.upstream.length);
    for (const [i, request] of outcome.requests.entries()) expectSeen(request, vector.upstream[i] as SeenUpstream);
    for (const text of vector.hidden ?? []) expect(outcome.octets.join('\n')).not.toContain(text);
  });
});

it('every vector has a name of its own', () => {
  const names = VECTOR_GROUPS.flatMap(({ row, vectors }) => vectors.map(({ rule, name }) => `${row} ${rule}: ${name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(200);
});

function expectAnswer(answer: RawMessage, expected: ExpectedAnswer): void {
  expectFields(answer, expected);
  if (expected.body !== undefined) expect(answer.body).toBe(expected.body);
  if (expected.trailers !== undefined) expect(answer.trailers).toBe(expected.trailers);
}

function expectSeen(request: RawMessage, expected: SeenUpstream): void {
  expectFields(request, expected);
  if (expected.line !== undefined) expect(request.start).toBe(`${expected.line} HTTP/1.1`);
  if (expected.body !== undefined) expect(request.body).toBe(expected.body);
  if (expected.trailers !== undefined) expect(request.trailers).toBe(expected.trailers);
}

function expectFields(message: RawMessage, { has = {}, lacks = [] }: Pick<SeenUpstream, 'has' | 'lacks'>): void {
  for (const [name, value] of Object.entries(has)) expect([name, fieldOf(message, name)]).toEqual([name, value]);
  for (const name of lacks) expect([name, fieldOf(message, name)]).toEqual([name, undefined]);
}
