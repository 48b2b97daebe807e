import { connect } from 'node:net';

const POLL_MS = 50;

/** Resolves at the first answer of any status below 500; gives up only when the signal aborts. */
export async function waitForHttp(url: URL, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const status = await readStatus(url, signal);
    if (status !== null && status < 500) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * The status of one GET, null where nobody answers. On a bare socket: `fetch` or `node:http` would take 13 MiB of the supervisor for as long as it
 * runs, for this one page.
 */
function readStatus({ hostname, host, port, pathname }: URL, signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), signal });
    socket.setEncoding('latin1');
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? Number.NaN) || null));
  });
}
