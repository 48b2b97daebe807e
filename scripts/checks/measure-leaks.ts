import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { RecordingUpstream } from '#server/gateway/vectors/recording-upstream.ts';
import { AUTH, chunked, get, post } from '#server/gateway/vectors/vector.ts';
import { startVectorGateway } from '#server/gateway/vectors/vector-gateway.ts';

/** Sends a gateway every kind of request again and again and looks at what stays: heap behind a full collection, and open descriptors. Linux only. */

export interface LeakSample {
  readonly requests: number;
  readonly heapBytes: number;
  readonly descriptors: number;
}

export interface LeakReport {
  readonly samples: readonly LeakSample[];
  /** Slope of the heap, by least squares over the samples. */
  readonly bytesPerRequest: number;
  /** Most descriptors of the second half of the samples less those of the first. */
  readonly moreDescriptors: number;
  readonly seconds: number;
}

/** Idle connections to the model that a moment may have more than another. */
export const IDLE_UPSTREAM = 3;

const SAMPLES = 10;
const CLIENTS = 8;

export async function measureLeaks(requests: number, onSample?: (sample: LeakSample) => void): Promise<LeakReport> {
  const collect = exposeGc();
  const upstream = await RecordingUpstream.start();
  const gateway = await startVectorGateway(upstream.port);
  const samples: LeakSample[] = [];
  const started = performance.now();
  let sent = 0;
  // The first share warms up: compiled code, pools and tables reach their size.
  for (let share = 0; share <= SAMPLES; share += 1) {
    while (sent < ((share + 1) * requests) / (SAMPLES + 1)) sent += await runRound(gateway.port, upstream);
    upstream.begin({});
    await collect();
    const descriptors = readdirSync('/proc/self/fd').length;
    const sample = { requests: sent, heapBytes: process.memoryUsage().heapUsed, descriptors };
    samples.push(sample);
    onSample?.(sample);
  }
  const seconds = (performance.now() - started) / 1000;
  await gateway.stop();
  await upstream.stop();
  const most = (part: readonly LeakSample[]): number => Math.max(...part.map(({ descriptors }) => descriptors));
  const half = Math.ceil(samples.length / 2);
  const moreDescriptors = most(samples.slice(half)) - most(samples.slice(0, half));
  return { samples, bytesPerRequest: slope(samples), moreDescriptors, seconds };
}

/** `--expose-gc` after the start. A collection takes turns of the event loop, because finalizers free more. */
function exposeGc(): () => Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return async () => {
    for (let i = 0; i < 4; i += 1) {
      gc();
      await turn();
    }
  };
}

function slope(samples: readonly LeakSample[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = samples.map(({ requests }) => requests);
  const y = samples.map(({ heapBytes }) => heapBytes);
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = mean(x.map((value, i) => (value - meanX) * ((y[i] as number) - meanY)));
  return covariance / mean(x.map((value) => (value - meanX) ** 2));
}

const KEPT = [
  post('Content-Length: 2\r\n', '{}'),
  get(),
  chunked('5\r\nhello\r\n0\r\n\r\n'),
  `POST /iris/score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}`,
  get('/nobody/score'),
  get('/dead/score'),
  get('/empty/score'),
];
const CLOSING = [
  get('/iris/score', 'X : a\r\n'),
  get('/iris/score', 'Connection: close\r\n'),
  chunked('XX\r\n'),
  `GET /iris/score HTTP/1.0\r\n${AUTH}\r\n`,
];
const BROKEN_OFF = [
  post('Content-Length: 50\r\n', 'half'),
  chunked('5\r\nhel'),
  get().slice(0, -4),
  post('Content-Length: 2\r\n', '{}'),
];
const BAD_ANSWERS = [
  'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
];

let rounds = 0;

/** @returns how many requests it was */
async function runRound(port: number, upstream: RecordingUpstream): Promise<number> {
  rounds += 1;
  const bad = rounds % 20 === 0 ? BAD_ANSWERS[(rounds / 20) % BAD_ANSWERS.length] : undefined;
  upstream.begin(bad === undefined ? {} : { says: bad });
  const sent = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => runClient(port, i)));
  return sent.reduce((sum, count) => sum + count, 0);
}

async function runClient(port: number, number: number): Promise<number> {
  const kept = await RawClient.connect(port);
  let sent = 0;
  for (let i = 0; i < 20; i += 1, sent += KEPT.length) for (const request of KEPT) await kept.request(request);
  kept.close();
  for (const request of CLOSING) {
    const client = await RawClient.connect(port);
    await client.send(request).untilEnd();
    client.close();
  }
  const leaving = await RawClient.connect(port);
  await new Promise((resolve) =>
    leaving.socket.write(BROKEN_OFF[number % BROKEN_OFF.length] as string, 'latin1', resolve),
  );
  leaving.close();
  return sent + CLOSING.length + 1;
}
