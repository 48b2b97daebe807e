import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { crc32, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export interface WheelOptions {
  requires?: readonly string[];
  requiresPython?: string;
  /** Tag of the interpreter and platform, `py3-none-any` by default. */
  tag?: string;
  /** Text of a program with the package's name. */
  program?: string;
}

/** A package index on a port of this host (PEP 503), for what the public one cannot be made to do. */
export interface PackageIndex {
  /** `http://127.0.0.1:<port>/simple`. */
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  /** Returns the bytes of the file. */
  addWheel(name: string, version: string, options?: WheelOptions): Buffer;
  /** A source package whose build runs this Python code, which may read `sys`, `os` and `subprocess`. */
  addSource(name: string, version: string, code: string): void;
  /** Asks for this user and password from now on. */
  protect(user: string, password: string): void;
  close(): Promise<void>;
}

export async function startPackageIndex(tls?: { key: string; cert: string }): Promise<PackageIndex> {
  const files = new Map<string, Buffer | Promise<Buffer>>();
  const asked: string[] = [];
  let credentials: string | null = null;

  const answer: RequestListener = (request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    asked.push(path);
    if (credentials !== null && basicOf(request) !== credentials) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
      return;
    }
    void serve(path).then((found) => {
      if (found === null) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': found.type, 'cache-control': found.caching }).end(found.body);
    });
  };

  async function serve(path: string): Promise<{ type: string; caching: string; body: string | Buffer } | null> {
    const page = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    if (page !== undefined) {
      const names = [...files.keys()].filter((name) => name.toLowerCase().startsWith(`${page}-`));
      if (names.length === 0) return null;
      return {
        type: 'text/html',
        caching: 'no-cache',
        body: names.map((name) => `<a href="/files/${name}">${name}</a>`).join('\n'),
      };
    }
    const file = await files.get(path.replace('/files/', ''));
    return file === undefined ? null : { type: 'application/octet-stream', caching: 'max-age=3600', body: file };
  }

  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/simple`,
    asked,
    addWheel(name, version, options = {}) {
      const tag = options.tag ?? 'py3-none-any';
      const wheel = makeWheel(name, version, tag, options);
      files.set(`${name}-${version}-${tag}.whl`, wheel);
      return wheel;
    },
    addSource(name, version, code) {
      files.set(`${name}-${version}.tar.gz`, makeSource(name, version, code));
    },
    protect(user, password) {
      credentials = `${user}:${password}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function basicOf({ headers }: IncomingMessage): string {
  return Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
}

function makeWheel(name: string, version: string, tag: string, options: WheelOptions): Buffer {
  const { requires, requiresPython, program } = options;
  const info = `${name}-${version}.dist-info`;
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ...(requires ?? []).map((line) => `Requires-Dist: ${line}`),
  ];
  return makeZip({
    [`${name}.py`]: `VERSION = "${version}"\n`,
    ...(program === undefined ? {} : { [`${name}-${version}.data/scripts/${name}`]: program }),
    [`${info}/METADATA`]: `${metadata.join('\n')}\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
    [`${info}/RECORD`]: '',
  });
}

/** The package brings its own build backend, so that building it needs nothing from an index. */
function makeSource(name: string, version: string, code: string): Promise<Buffer> {
  const folder = `${name}-${version}`;
  const archive = pack();
  archive.entry({ name: `${folder}/PKG-INFO` }, `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  archive.entry(
    { name: `${folder}/pyproject.toml` },
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  archive.entry(
    { name: `${folder}/backend.py` },
    `import os, subprocess, sys\n\n\ndef build_wheel(folder, config=None, metadata=None):\n${code.replaceAll(/^/gm, '    ')}\n`,
  );
  archive.finalize();
  return buffer(archive).then((bytes) => gzipSync(bytes));
}

/** A zip archive without compression (APPNOTE 4.3.7, 4.3.12, 4.3.16). */
function makeZip(entries: Record<string, string>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const [path, content] = [Buffer.from(name), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, path]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
