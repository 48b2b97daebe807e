import { connect, type Socket } from 'node:net';
import { answerLength } from './load-generator.ts';

/**
 * Clients that keep their connection after one answer: `gateway-idle-clients.ts OPTIONS`. Tells its parent `open` when all have been answered, and when it
 * hears `close` how many connections did not stay.
 */
export interface IdleOptions {
  port: number;
  /** The whole request as it goes over the wire, base64. */
  requestBase64: string;
  connections: number;
}

export type IdleMessage = { type: 'open' } | { type: 'closed'; failures: number; firstFailure: string | null };

/** Connections that are made at a time. */
const BATCH = 50;

const options = JSON.parse(process.argv[2] as string) as IdleOptions;
const request = Buffer.from(options.requestBase64, 'base64');
const sockets: Socket[] = [];
let failures = 0;
let firstFailure: string | null = null;

process.once('message', () => {
  for (const socket of sockets) socket.removeAllListeners().destroy();
  tell({ type: 'closed', failures, firstFailure });
  process.disconnect();
});
for (let open = 0; open < options.connections; open += BATCH) {
  await Promise.all(Array.from({ length: Math.min(BATCH, options.connections - open) }, openConnection));
}
tell({ type: 'open' });

function openConnection(): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: options.port });
  sockets.push(socket);
  socket.write(request);
  return new Promise((resolve) => {
    const fail = (reason: string): void => {
      failures += 1;
      firstFailure ??= reason;
      resolve();
    };
    let answer = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes]);
      const length = answerLength(answer);
      if (length === 0 || answer.length < length) return;
      if (answer.toString('latin1', 9, 12) === '200') resolve();
      else fail(answer.toString('latin1', 0, 400));
    });
    socket.on('error', (cause) => fail(cause.message));
    socket.on('close', () => fail('the server closed an idle connection'));
  });
}

function tell(message: IdleMessage): void {
  process.send?.(message);
}
