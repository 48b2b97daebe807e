import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** A bare HTTP/2 server that does as it is told. @returns its port */
export async function startBare(
  onStream: (stream: ServerHttp2Stream, count: number, fields: IncomingHttpHeaders) => void,
  server: Server = createServer(),
): Promise<number> {
  let count = 0;
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => {
    count += 1;
    stream.on('error', () => undefined);
    onStream(stream, count, fields);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Answers a call with one message. */
export function say(stream: ServerHttp2Stream, text: string): void {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]));
}
