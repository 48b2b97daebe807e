import { createServer, type Socket } from 'node:net';

/** A model that reads whole bodies: answers each request of the ports given when its last byte is there. Only Content-Length framing. */
const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n{"predictions":[0.1,0.2,0.7]}',
);

for (const port of process.argv.slice(2).map(Number)) createServer(serve).listen(port, '127.0.0.1', 4096);

function serve(socket: Socket): void {
  let left = 0;
  socket.on('data', (bytes: Buffer) => {
    let rest = bytes.length;
    if (left === 0) {
      const end = bytes.indexOf('\r\n\r\n');
      left = Number(/content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1] ?? 0);
      rest -= end + 4;
    }
    left -= rest;
    if (left === 0) socket.write(ANSWER);
  });
  socket.on('error', () => socket.destroy());
}
