import { createServer } from 'node:http';

/** A model server for tests: ready at once, answers every request, leaves on SIGTERM. */
const server = createServer((request, response) => {
  request.resume();
  response.end(JSON.stringify({ path: request.url, version: process.env.MODEL_VERSION ?? '' }));
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
