import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

export interface FixtureImage {
  architecture?: string;
  files?: Record<string, string | Buffer>;
  config?: Record<string, unknown>;
}

export interface FixtureRegistry {
  /** `127.0.0.1:<port>` */
  host: string;
  /** Makes the image the one that the tag names. Returns its digest. */
  push(repository: string, tag: string, image: FixtureImage): Promise<string>;
  /** Makes the tag name a list of images, one for each architecture. */
  pushList(repository: string, tag: string, images: FixtureImage[]): Promise<string>;
  /** Method and path of every request so far. */
  requests: string[];
  /** Answers of blobs wait for it. */
  hold(until: Promise<void>): void;
  close(): Promise<void>;
}

export interface RegistryOptions {
  auth?: 'none' | 'basic' | 'bearer';
  username?: string;
  password?: string;
}

/** A registry that speaks as much of the distribution protocol as an engine needs to pull; over plain HTTP, which engines allow on loopback. */
export async function startFixtureRegistry(options: RegistryOptions = {}): Promise<FixtureRegistry> {
  const { auth = 'none', username = 'robot', password = 'secret' } = options;
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { type: string; body: Buffer }>();
  const requests: string[] = [];
  const token = randomBytes(16).toString('hex');
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let held: Promise<void> = Promise.resolve();

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', `http://${host}`).pathname;
    requests.push(`${request.method} ${path}`);
    const given = request.headers.authorization;
    if (path === '/token') {
      if (given !== basic) return refuse(response, 401, 'UNAUTHORIZED', 'incorrect username or password');
      return send(response, 200, 'application/json', Buffer.from(JSON.stringify({ token, access_token: token })));
    }
    const wanted = { none: given, basic, bearer: `Bearer ${token}` }[auth];
    if (given !== wanted) {
      const challenge =
        auth === 'basic' ? 'Basic realm="fixture"' : `Bearer realm="http://${host}/token",service="fixture"`;
      response.setHeader('www-authenticate', challenge);
      return refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    if (path === '/v2/') return send(response, 200, 'application/json', Buffer.from('{}'));
    const manifest = manifests.get(path);
    if (manifest !== undefined) {
      response.setHeader('docker-content-digest', digestOf(manifest.body));
      return send(response, 200, manifest.type, manifest.body);
    }
    if (path.includes('/manifests/')) return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    const blob = blobs.get(path.split('/').at(-1) ?? '');
    if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
    await held;
    return send(response, 200, 'application/octet-stream', blob);
  }

  async function store(image: FixtureImage): Promise<{ digest: string; body: Buffer; architecture: string }> {
    const { architecture = hostArchitecture(), files = { 'hello.txt': 'hello' }, config = {} } = image;
    const tar = await packFiles(files);
    const layer = gzipSync(tar);
    const rootfs = { type: 'layers', diff_ids: [digestOf(tar)] };
    const configuration = Buffer.from(
      // The author makes it an image of this registry alone: tests side by side must not hold each other's.
      JSON.stringify({
        architecture,
        os: 'linux',
        author: token,
        created: '2024-01-01T00:00:00Z',
        config,
        rootfs,
        history: [{}],
      }),
    );
    for (const blob of [layer, configuration]) blobs.set(digestOf(blob), blob);
    const body = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: describe('application/vnd.docker.container.image.v1+json', configuration),
        layers: [describe('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
      }),
    );
    return { digest: digestOf(body), body, architecture };
  }

  const publish = (repository: string, references: string[], type: string, body: Buffer): void => {
    for (const reference of references) manifests.set(`/v2/${repository}/manifests/${reference}`, { type, body });
  };

  return {
    host,
    requests,
    async push(repository, tag, image) {
      const { digest, body } = await store(image);
      publish(repository, [tag, digest], MANIFEST, body);
      return digest;
    },
    async pushList(repository, tag, images) {
      const stored = await Promise.all(images.map(store));
      for (const { digest, body } of stored) publish(repository, [digest], MANIFEST, body);
      const list = stored.map(({ body, architecture }) => ({
        ...describe(MANIFEST, body),
        platform: { architecture, os: 'linux' },
      }));
      const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_LIST, manifests: list }));
      publish(repository, [tag, digestOf(body)], MANIFEST_LIST, body);
      return digestOf(body);
    },
    hold(until) {
      held = until;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Architecture of this host as images name it. */
export const hostArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);

/** A tar archive of files by their names. */
export async function packFiles(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const describe = (mediaType: string, bytes: Buffer): Record<string, unknown> => ({
  mediaType,
  size: bytes.length,
  digest: digestOf(bytes),
});

function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const refuse = (response: ServerResponse, status: number, code: string, message: string): void =>
  send(response, status, 'application/json', Buffer.from(JSON.stringify({ errors: [{ code, message }] })));
