import { createServer } from 'node:http';

/**
 * A model of the fault bench. Arguments: port, milliseconds that an answer takes, one request in how many resets its connection instead (0: none).
 */
const [port, serviceMs, resetEvery] = process.argv.slice(2).map(Number) as [number, number, number];
const ANSWER = '{"predictions":[0.1,0.2,0.7]}';
let requests = 0;

createServer((request, response) => {
  requests += 1;
  if (resetEvery > 0 && requests % resetEvery === 0) return void request.socket.resetAndDestroy();
  request.resume().on('end', () => {
    setTimeout(() => response.writeHead(200, { 'Content-Length': ANSWER.length }).end(ANSWER), serviceMs);
  });
}).listen(port, '127.0.0.1', 1_024);
