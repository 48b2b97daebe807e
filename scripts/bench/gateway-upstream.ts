import { createServer, type Socket } from 'node:net';

/**
 * Models of the gateway bench that cost next to nothing: `gateway-upstream.ts KIND PORT...`. Requests are framed by Content-Length only, and each is
 * answered when its last byte is there.
 */
const EVENTS = 10;
const FIRST_EVENT_MS = 25;
const EVENT_INTERVAL_MS = 100;

const STREAM_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

const ANSWERS: Record<string, (socket: Socket) => void> = {
  small: respond('{"predictions":[0.1,0.2,0.7]}'),
  upload: respond('{"predictions":[0.1,0.2,0.7]}'),
  download: respond('x'.repeat(100 * 1024)),
  stream(socket) {
    socket.write(STREAM_HEAD);
    setTimeout(() => sendEvent(socket, EVENTS), FIRST_EVENT_MS);
  },
};

const [kind = '', ...ports] = process.argv.slice(2);
const answer = ANSWERS[kind];
if (answer === undefined) throw new Error(`there is no model of the kind "${kind}"`);
for (const port of ports.map(Number)) {
  createServer({ noDelay: true }, (socket) => serve(socket, answer)).listen(port, '127.0.0.1', 4096);
}

function serve(socket: Socket, answer: (socket: Socket) => void): void {
  let left = 0;
  socket.on('data', (bytes: Buffer) => {
    let rest = bytes.length;
    if (left === 0) {
      const end = bytes.indexOf('\r\n\r\n');
      left = Number(/content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1] ?? 0);
      rest -= end + 4;
    }
    left -= rest;
    if (left === 0) answer(socket);
  });
  socket.on('error', () => socket.destroy());
}

function respond(body: string): (socket: Socket) => void {
  const bytes = Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return (socket) => void socket.write(bytes);
}

/** An event says when it was sent, on the monotonic clock that all processes of a host share. */
function sendEvent(socket: Socket, left: number): void {
  if (socket.destroyed) return;
  if (left === 0) {
    socket.write('0\r\n\r\n');
    return;
  }
  const event = `data: ${process.hrtime.bigint()}\n\n`;
  socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
  setTimeout(() => sendEvent(socket, left - 1), EVENT_INTERVAL_MS);
}
