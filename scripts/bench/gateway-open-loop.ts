import { connect, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type LoadFigures, summarize } from './gateway-figures.ts';
import { answerLength } from './load-generator.ts';
import { runScriptOnCore } from './run-on-core.ts';

/**
 * An open loop: requests are due at given instants, evenly or as a Poisson process has them, whether or not the ones before have been answered, and a latency begins when its request was due, not
 * when it could be sent. So a server that stalls is charged with everybody who would have waited (no coordinated omission).
 *
 * Timers of the event loop are too coarse for this: a thread of its own sleeps until shortly before each request is due, and the main thread spins the rest.
 */
export interface OpenLoopOptions {
  port: number;
  /** The whole request as it goes over the wire, base64 (see `formatRequest`). */
  requestBase64: string;
  requestsPerSecond: number;
  /** `poisson`: gaps between requests are exponential, as those of many callers who know nothing of each other; the same gaps in every run. */
  arrivals?: 'even' | 'poisson';
  /** Requests are spread over these in turn; one that finds all of them busy waits, and its latency runs. */
  connections: number;
  /** Sent like the others, but their latencies are not kept. */
  warmUpMs: number;
  durationMs: number;
}

interface Schedule {
  /** On the monotonic clock that threads share. */
  firstDueUs: number;
  /** When each request is due, after the first instant. */
  offsetsUs: Float64Array;
}

interface Client {
  socket: Socket;
  dueUs: number;
  pending: Buffer | null;
}

/** Covers the slack of a sleeping thread's timer, 50 µs on Linux, and the message to the main thread. */
const WAKE_EARLY_US = 120;
const LAST_ANSWERS_MS = 5_000;

/** Loads a server from a process of its own. */
export function runOpenLoop(options: OpenLoopOptions, core: number | null): Promise<LoadFigures> {
  return runScriptOnCore(import.meta.filename, options, core);
}

class OpenLoop {
  private readonly options: OpenLoopOptions;
  private readonly request: Buffer;
  /** The one that has been idle longest is the next. */
  private readonly idle: Client[] = [];
  private readonly overdue: number[] = [];
  private readonly latenciesUs: number[] = [];
  private answered = 0;
  private failures = 0;
  private firstFailure: string | null = null;
  private schedule: Schedule = { firstDueUs: 0, offsetsUs: new Float64Array() };
  private onEnd: () => void = () => undefined;

  constructor(options: OpenLoopOptions) {
    this.options = options;
    this.request = Buffer.from(options.requestBase64, 'base64');
  }

  async measure(): Promise<LoadFigures> {
    const { requestsPerSecond, arrivals = 'even', connections, warmUpMs, durationMs } = this.options;
    const clients = await Promise.all(Array.from({ length: connections }, () => this.open()));
    this.idle.push(...clients);
    const intervalUs = 1e6 / requestsPerSecond;
    const count = Math.round(((warmUpMs + durationMs) * 1000) / intervalUs);
    // The thread that keeps the time takes a moment to start.
    this.schedule = { firstDueUs: nowUs() + 200_000, offsetsUs: dueOffsets(arrivals, count, intervalUs) };
    const ended = new Promise<void>((resolve) => (this.onEnd = resolve));
    const ticker = new Worker(import.meta.filename, { workerData: this.schedule });
    ticker.on('message', (index: number) => this.onTick(index));
    const lastDueMs = warmUpMs + durationMs + 200;
    const overrun = setTimeout(() => this.onEnd(), lastDueMs + LAST_ANSWERS_MS);
    await ended;
    clearTimeout(overrun);
    const unanswered = count - this.answered - this.failures;
    if (unanswered > 0) this.fail(`${unanswered} requests were not answered in time`, unanswered);
    for (const { socket } of clients) socket.removeAllListeners().destroy();
    await ticker.terminate();
    return {
      requests: this.answered,
      requestsPerSecond: (this.latenciesUs.length * 1000) / durationMs,
      ...summarize(this.latenciesUs),
      failures: this.failures,
      firstFailure: this.firstFailure,
    };
  }

  private async open(): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port: this.options.port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const client: Client = { socket, dueUs: 0, pending: null };
    socket.on('data', (bytes: Buffer) => this.onData(client, bytes));
    socket.on('error', (cause) => this.fail(cause.message));
    socket.on('end', () => this.fail('the server closed the connection'));
    return client;
  }

  private onTick(index: number): void {
    const dueUs = this.schedule.firstDueUs + (this.schedule.offsetsUs[index] as number);
    while (nowUs() < dueUs);
    const client = this.idle.shift();
    if (client === undefined) this.overdue.push(dueUs);
    else this.send(client, dueUs);
  }

  private send(client: Client, dueUs: number): void {
    client.dueUs = dueUs;
    client.socket.write(this.request);
  }

  private onData(client: Client, bytes: Buffer): void {
    const answer = client.pending === null ? bytes : Buffer.concat([client.pending, bytes]);
    const length = answerLength(answer);
    if (length === 0 || answer.length < length) {
      client.pending = answer;
      return;
    }
    client.pending = null;
    if (answer.toString('latin1', 9, 12) === '200') this.count(client.dueUs);
    else this.fail(answer.toString('latin1', 0, 400));
    const next = this.overdue.shift();
    if (next === undefined) this.idle.push(client);
    else this.send(client, next);
  }

  private count(dueUs: number): void {
    this.answered += 1;
    if (dueUs >= this.schedule.firstDueUs + this.options.warmUpMs * 1000) this.latenciesUs.push(nowUs() - dueUs);
    if (this.answered + this.failures >= this.schedule.offsetsUs.length) this.onEnd();
  }

  private fail(reason: string, count = 1): void {
    this.failures += count;
    this.firstFailure ??= reason;
    if (this.answered + this.failures >= this.schedule.offsetsUs.length) this.onEnd();
  }
}

/** When requests are due, in microseconds after the first instant. @param intervalUs the mean gap */
export function dueOffsets(arrivals: 'even' | 'poisson', count: number, intervalUs: number): Float64Array {
  if (arrivals === 'even') return Float64Array.from({ length: count }, (_, index) => index * intervalUs);
  const offsets = new Float64Array(count);
  const random = seededRandom();
  for (let index = 1; index < count; index += 1) {
    offsets[index] = (offsets[index - 1] as number) - intervalUs * Math.log(1 - random());
  }
  return offsets;
}

/** Uniform numbers below 1, the same in every run: a linear congruential generator with the constants of Numerical Recipes (3rd ed., 7.1). */
function seededRandom(): () => number {
  let state = 1;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** The thread that keeps the time: says each index of the schedule shortly before it is due. */
function keepTime({ firstDueUs, offsetsUs }: Schedule): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (const [index, offsetUs] of offsetsUs.entries()) {
    const restUs = firstDueUs + offsetUs - WAKE_EARLY_US - nowUs();
    if (restUs > 0) Atomics.wait(never, 0, 0, restUs / 1000);
    parentPort?.postMessage(index);
  }
}

function nowUs(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

if (!isMainThread) keepTime(workerData as Schedule);
else if (import.meta.main) {
  const figures = await new OpenLoop(JSON.parse(process.argv[2] as string) as OpenLoopOptions).measure();
  process.stdout.write(JSON.stringify(figures));
}
