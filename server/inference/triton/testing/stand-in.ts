import { chmod, writeFile } from 'node:fs/promises';

/** A program that takes Triton's arguments and speaks the part of its protocol that an instance is watched by. */
const STAND_IN = `#!${process.execPath}
const options = Object.fromEntries(process.argv.slice(2).map((text) => text.replace(/^--/, '').split('=')));
const { createServer } = require('node:http');
const { existsSync } = require('node:fs');
if (!existsSync(options['model-repository'])) { console.error('no such repository'); process.exit(1); }
const answer = (request, response) => {
  const known = { '/v2/health/live': {}, '/v2/health/ready': {}, '/v2': { name: 'triton', options } };
  response.statusCode = known[request.url] ? 200 : 404;
  response.end(JSON.stringify(known[request.url] ?? {}));
};
for (const port of ['http-port', 'metrics-port'])
  createServer(answer).listen(Number(options[port]), options['http-address']);
// Of gRPC: every message comes back.
require('node:http2').createServer().on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.pipe(stream);
}).listen(Number(options['grpc-port']), options['grpc-address']);
if (process.env.DIES) setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 0);
process.on('SIGTERM', () => { console.log('Signal (15) received.'); process.exit(0); });
`;

/** Writes the stand-in to where a `tritonserver` would be. */
export async function writeTritonStandIn(path: string): Promise<void> {
  await writeFile(path, STAND_IN);
  await chmod(path, 0o755);
}
