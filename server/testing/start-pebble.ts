import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestAuthority } from '#server/tls/certificate-fixture.ts';
import { eventually } from './eventually.ts';

/** A real ACME server on this machine, whose name server sends every name to 127.0.0.1. */
export interface Pebble {
  directory: string;
  /** File with the authority of the server's own address, PEM. */
  caPath: string;
  /** Port at which it looks for answers to http-01. */
  httpPort: number;
  /** Port at which it looks for answers to tls-alpn-01. */
  tlsPort: number;
  /** The root that its certificates lead to, PEM. */
  readRoot(): Promise<string>;
  stop(): Promise<void>;
}

/** Pebble's program: `go install github.com/letsencrypt/pebble/v2/cmd/pebble@latest` puts it there. Null where it is not installed. */
export function findPebble(): string | null {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin'),
  ];
  return folders.map((folder) => join(folder, 'pebble')).find((path) => existsSync(path)) ?? null;
}

export async function startPebble(): Promise<Pebble> {
  const program = findPebble();
  if (program === null)
    throw new Error('pebble is not installed: go install github.com/letsencrypt/pebble/v2/cmd/pebble@latest');
  const folder = await mkdtemp(join(tmpdir(), 'viridian-pebble-'));
  const authority = await createTestAuthority();
  const own = await authority.issue(['127.0.0.1', 'localhost']);
  const caPath = join(folder, 'ca.crt');
  await writeFile(caPath, authority.certificatePem);
  await writeFile(join(folder, 'own.crt'), own.certificatePem);
  await writeFile(join(folder, 'own.key'), own.keyPem);
  const [port, managementPort, httpPort, tlsPort] = (await freePorts(4)) as [number, number, number, number];
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: join(folder, 'own.crt'),
      privateKey: join(folder, 'own.key'),
      httpPort,
      tlsPort,
    },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const names = await startNameServer();
  const child = spawn(
    program,
    ['-config', join(folder, 'config.json'), '-strict', '-dnsserver', `127.0.0.1:${names.port}`],
    {
      // Nonces are refused every now and then, as clients have to bear; every certificate needs a proof of its own.
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '15', PEBBLE_AUTHZREUSE: '0' },
      stdio: 'ignore',
    },
  );
  const read = async (url: string): Promise<string> => {
    const call = get(url, { ca: authority.certificatePem });
    const [response] = await once(call, 'response');
    return text(response);
  };
  const directory = `https://127.0.0.1:${port}/dir`;
  await eventually(() => read(directory).catch(() => null), 'an answer of pebble');
  return {
    directory,
    caPath,
    httpPort,
    tlsPort,
    readRoot: () => read(`https://127.0.0.1:${managementPort}/roots/0`),
    async stop() {
      child.kill('SIGKILL');
      names.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const held = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(held.map((server) => once(server, 'listening')));
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const TYPE_A = 1;

/** Answers questions for addresses with 127.0.0.1 and all others with nothing (RFC 1035 section 4), over TCP, as pebble asks. */
async function startNameServer(): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let pending = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      // Each message follows its length.
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        const answer = answerQuery(pending.subarray(2, end));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
        pending = pending.subarray(end);
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function answerQuery(query: Buffer): Buffer {
  const questionEnd = query.indexOf(0, 12) + 5;
  const isAddress = query.readUInt16BE(questionEnd - 4) === TYPE_A;
  const head = Buffer.from(query.subarray(0, 12));
  // A response to a recursive query, with one question and perhaps one answer.
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(isAddress ? 1 : 0, 6);
  head.fill(0, 8);
  const answer = isAddress ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]) : Buffer.alloc(0);
  return Buffer.concat([head, query.subarray(12, questionEnd), answer]);
}
