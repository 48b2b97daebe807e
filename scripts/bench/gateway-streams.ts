import { connect, type Socket } from 'node:net';
import { type LoadFigures, summarize } from './gateway-figures.ts';
import { delay } from './gateway-process.ts';
import { runScriptOnCore } from './run-on-core.ts';

/**
 * Clients of server-sent events: each keeps one stream going and asks for the next when it has ended. What is measured is the way of the first event of a
 * stream, from the model's write (its time is in the event) to the client's read.
 */
export interface StreamsOptions {
  port: number;
  /** The whole request as it goes over the wire, base64. */
  requestBase64: string;
  clients: number;
  /** Not measured: the clients start one after the other, so that their streams do not move in step. */
  warmUpMs: number;
  durationMs: number;
}

/** Loads a server from a process of its own. Requests and their rate are those of events. */
export function runStreams(options: StreamsOptions, core: number | null): Promise<LoadFigures> {
  return runScriptOnCore(import.meta.filename, options, core);
}

const LAST_CHUNK = '0\r\n\r\n';
const EVENT = /data: (\d+)\n\n/;

class StreamClients {
  private readonly options: StreamsOptions;
  private readonly request: Buffer;
  private readonly latenciesUs: number[] = [];
  private events = 0;
  private measuredEvents = 0;
  private measuring = false;
  private failures = 0;
  private firstFailure: string | null = null;

  constructor(options: StreamsOptions) {
    this.options = options;
    this.request = Buffer.from(options.requestBase64, 'base64');
  }

  async measure(): Promise<LoadFigures> {
    const { clients, warmUpMs, durationMs } = this.options;
    const sockets: Socket[] = [];
    for (let index = 0; index < clients; index += 1) {
      sockets.push(this.start());
      await delay(warmUpMs / 2 / clients);
    }
    await delay(warmUpMs / 2);
    this.measuring = true;
    const start = performance.now();
    await delay(durationMs);
    this.measuring = false;
    const seconds = (performance.now() - start) / 1000;
    for (const socket of sockets) socket.removeAllListeners().destroy();
    if (this.latenciesUs.length === 0) this.fail('no stream began');
    return {
      requests: this.events,
      requestsPerSecond: this.measuredEvents / seconds,
      ...summarize(this.latenciesUs),
      failures: this.failures,
      firstFailure: this.firstFailure,
    };
  }

  private start(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.options.port, noDelay: true });
    /** What has come of the stream until its first event, afterwards the end of what has come. */
    let text = '';
    let begun = false;
    socket.on('data', (bytes: Buffer) => {
      const now = process.hrtime.bigint();
      const piece = bytes.toString('latin1');
      text += piece;
      if (!begun) {
        const sentAt = EVENT.exec(text)?.[1];
        if (sentAt === undefined) return;
        begun = true;
        if (!text.startsWith('HTTP/1.1 200')) this.fail(text.slice(0, 400));
        if (this.measuring) this.latenciesUs.push(Number(now - BigInt(sentAt)) / 1000);
      }
      this.countEvents(piece);
      text = text.slice(-LAST_CHUNK.length);
      if (text !== LAST_CHUNK) return;
      text = '';
      begun = false;
      socket.write(this.request);
    });
    socket.on('error', (cause) => this.fail(cause.message));
    socket.on('end', () => this.fail(`the server closed the connection${text === '' ? '' : ` after ${text}`}`));
    socket.write(this.request);
    return socket;
  }

  private countEvents(piece: string): void {
    const events = piece.split('data:').length - 1;
    this.events += events;
    if (this.measuring) this.measuredEvents += events;
  }

  private fail(reason: string): void {
    this.failures += 1;
    this.firstFailure ??= reason;
  }
}

if (import.meta.main) {
  const figures = await new StreamClients(JSON.parse(process.argv[2] as string) as StreamsOptions).measure();
  process.stdout.write(JSON.stringify(figures));
}
