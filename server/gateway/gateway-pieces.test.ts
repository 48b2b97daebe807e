import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deployment, endpoint, KEY, startGateway, table } from './testing/start-gateway.ts';

/** More than the buffers of two sockets on loopback hold: writes have to wait, whole or in part. */
const BYTES = 12_000_000;
const PIECE = 50_000;
const NOISE = randomBytes(2 * PIECE);

/** Octets in which every position shows: what is lost, doubled or swapped gives another digest. */
function* octets(seed: number): Generator<Buffer> {
  for (let index = 0; index < BYTES / PIECE; index += 1) {
    const start = (index * 31 + seed * 997) % PIECE;
    const piece = Buffer.from(NOISE.subarray(start, start + PIECE));
    piece.writeUInt32BE(index);
    yield piece;
  }
}

function digestOf(seed: number): string {
  const hash = createHash('sha256');
  for (const piece of octets(seed)) hash.update(piece);
  return hash.digest('hex');
}

/** Lets the sender come to a halt before it reads. */
async function digestLate(message: IncomingMessage): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const hash = createHash('sha256');
  for await (const piece of message) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Answers with octets of its own, and in a field with the digest of those that came. */
async function startModel(framed: boolean): Promise<number> {
  const server = createServer(async (message, response) => {
    const digest = await digestLate(message);
    response.writeHead(200, { 'X-Digest': digest, ...(framed && { 'Content-Length': BYTES }) });
    Readable.from(octets(Number(message.headers['x-seed']) + 100)).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function echo(port: number, seed: number, framed: boolean): Promise<[sent: string, received: string]> {
  const headers = { authorization: `Bearer ${KEY}`, 'x-seed': seed, ...(framed && { 'content-length': BYTES }) };
  const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/iris/score', headers });
  Readable.from(octets(seed)).pipe(call);
  const [message] = (await once(call, 'response')) as [IncomingMessage];
  return [String(message.headers['x-digest']), await digestLate(message)];
}

describe('large bodies beside each other, between sides that read late', () => {
  it.each([
    ['with a length', true],
    ['in chunks', false],
  ])('arrive as they were sent: %s', async (_name, framed) => {
    const model = await startModel(framed);
    const { port } = await startGateway(table(endpoint([deployment('blue', [model])])));
    const seeds = [1, 2, 3, 4];
    const seen = await Promise.all(seeds.map((seed) => echo(port, seed, framed)));
    expect(seen).toEqual(seeds.map((seed) => [digestOf(seed), digestOf(seed + 100)]));
  });
});
