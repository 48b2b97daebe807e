import { Agent, createServer, request } from 'node:http';
import { pipeline } from 'node:stream';

/** A reverse proxy as one writes it with node:http, to see what its server and its client let through. Arguments: port, port of the model, key. */
const [port, modelPort, key] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'transfer-encoding',
  'authorization',
  'api-key',
];

const withoutHopByHop = (raw: readonly string[], more: readonly string[]): string[] =>
  raw.filter((_, i) => !more.includes((raw[i - (i % 2)] as string).toLowerCase()));

createServer((incoming, outgoing) => {
  const [, endpoint, path] = /^\/(iris|ws)(\/.*)$/.exec(incoming.url ?? '') ?? [];
  const refuse = (status: number): void => void outgoing.writeHead(status, { 'Content-Length': 0 }).end();
  if (endpoint === undefined) return refuse(404);
  if (incoming.headers.authorization !== `Bearer ${key}`) return refuse(401);
  const headers = withoutHopByHop(incoming.rawHeaders, HOP_BY_HOP);
  if (incoming.headers.host === undefined) headers.push('Host', `127.0.0.1:${modelPort}`);
  const forwarded = request({ port: Number(modelPort), agent, method: incoming.method, path, headers });
  forwarded.on('response', (answer) => {
    outgoing.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage,
      withoutHopByHop(answer.rawHeaders, HOP_BY_HOP.slice(0, 7)),
    );
    pipeline(answer, outgoing, () => undefined);
  });
  forwarded.on('error', () => (outgoing.headersSent ? outgoing.destroy() : refuse(502)));
  outgoing.on('close', () => forwarded.destroy());
  pipeline(incoming, forwarded, () => undefined);
}).listen(Number(port), '127.0.0.1');
