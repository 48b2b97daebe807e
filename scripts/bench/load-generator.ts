import { connect, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { runScriptOnCore } from './run-on-core.ts';

/**
 * A closed-loop load generator on bare sockets: every connection sends the same request again as soon as its answer is complete. It costs
 * several times less than the servers it measures; give it a core of its own (`runLoadOnCore`).
 */
export interface LoadOptions {
  host: string;
  port: number;
  /** The whole request as it goes over the wire, base64. */
  requestBase64: string;
  connections: number;
  /** Not measured. */
  warmUpMs: number;
  durationMs: number;
  /** Opens a new connection where the server ends one with its answer; otherwise that is a failure. */
  reconnects?: boolean;
}

export interface LoadResult {
  requests: number;
  /** Answers with another status than 200, and connections that broke. */
  failures: number;
  /** The first of them, for the message. */
  firstFailure: string | null;
  requestsPerSecond: number;
  p50Us: number;
  p90Us: number;
  p99Us: number;
  maxUs: number;
}

const HEAD_END = '\r\n\r\n';
const BUCKET_US = 5;
const BUCKETS = 400_000;

/** A request for `LoadOptions.requestBase64`. */
export function formatRequest(method: string, path: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries({ Host: 'bench', ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`).toString('base64');
}

/** Loads a server from this process. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const run = new LoadRun(options);
  return run.measure();
}

/** Loads a server from a process of its own, pinned to a core where the host can. */
export function runLoadOnCore(options: LoadOptions, core: number | null): Promise<LoadResult> {
  return runScriptOnCore(import.meta.filename, options, core);
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #request: Buffer;
  readonly #histogram = new Uint32Array(BUCKETS);
  readonly #sockets = new Set<Socket>();
  #measuring = false;
  #stopped = false;
  #requests = 0;
  #failures = 0;
  #firstFailure: string | null = null;
  #maxUs = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#request = Buffer.from(options.requestBase64, 'base64');
  }

  async measure(): Promise<LoadResult> {
    await Promise.all(Array.from({ length: this.#options.connections }, () => this.#open()));
    await delay(this.#options.warmUpMs);
    this.#measuring = true;
    const start = performance.now();
    await delay(this.#options.durationMs);
    const seconds = (performance.now() - start) / 1000;
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
    return {
      requests: this.#requests,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      requestsPerSecond: this.#requests / seconds,
      p50Us: this.#percentile(0.5),
      p90Us: this.#percentile(0.9),
      p99Us: this.#percentile(0.99),
      maxUs: this.#maxUs,
    };
  }

  async #open(): Promise<void> {
    const socket = connect({ host: this.#options.host, port: this.#options.port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    if (this.#stopped) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    this.#drive(socket);
  }

  /** Sends the next request of a client, on a new connection where the server says that the old one ends. */
  #continue(socket: Socket, answer: Buffer): void {
    if (this.#stopped) return;
    if (this.#options.reconnects !== true || !endsConnection(answer)) {
      socket.write(this.#request);
      return;
    }
    socket.removeAllListeners('end').destroy();
    this.#sockets.delete(socket);
    this.#open().catch((cause: unknown) => this.#fail(String(cause)));
  }

  #drive(socket: Socket): void {
    let pending: Buffer | null = null;
    let expectedBytes = 0;
    let sentAt = performance.now();
    socket.on('data', (bytes: Buffer) => {
      const answer: Buffer = pending === null ? bytes : Buffer.concat([pending, bytes]);
      // Answers to equal requests nearly always have equal lengths, so the head is parsed only when the length is not known yet.
      if (answer.length !== expectedBytes) expectedBytes = answerLength(answer);
      if (Number.isNaN(expectedBytes)) {
        this.#fail('the answer has no Content-Length');
        socket.destroy();
        return;
      }
      if (expectedBytes === 0 || answer.length < expectedBytes) {
        pending = answer;
        return;
      }
      pending = null;
      this.#count(answer, (performance.now() - sentAt) * 1000);
      sentAt = performance.now();
      this.#continue(socket, answer);
    });
    socket.on('error', (cause) => this.#fail(cause.message));
    socket.on('end', () => this.#fail('the server closed the connection'));
    socket.write(this.#request);
  }

  #count(answer: Buffer, us: number): void {
    // "HTTP/1.1 200": anything else than 200 is a failure.
    const isOk = answer[9] === 0x32 && answer[10] === 0x30 && answer[11] === 0x30;
    if (!isOk) this.#fail(answer.toString('latin1', 0, 400));
    if (!this.#measuring || this.#stopped) return;
    this.#requests += 1;
    const bucket = Math.min(BUCKETS - 1, Math.floor(us / BUCKET_US));
    this.#histogram[bucket] = (this.#histogram[bucket] as number) + 1;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.#failures += 1;
    this.#firstFailure ??= reason;
  }

  #percentile(share: number): number {
    let left = Math.ceil(this.#requests * share);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      left -= this.#histogram[bucket] as number;
      if (left <= 0) return (bucket + 0.5) * BUCKET_US;
    }
    return this.#maxUs;
  }
}

/** Bytes of the answer at the start of a buffer, 0 while its head is not complete, NaN without a Content-Length. */
export function answerLength(answer: Buffer): number {
  const end = answer.indexOf(HEAD_END, 0, 'latin1');
  if (end < 0) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.toString('latin1', 0, end));
  return end + HEAD_END.length + Number(length?.[1] ?? Number.NaN);
}

function endsConnection(answer: Buffer): boolean {
  return /\r\nconnection: *close/i.test(answer.toString('latin1', 0, answer.indexOf(HEAD_END, 0, 'latin1')));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = await runLoad(JSON.parse(process.argv[2] as string) as LoadOptions);
  process.stdout.write(JSON.stringify(result));
}
