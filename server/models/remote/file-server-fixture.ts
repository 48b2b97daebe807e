import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a file is served: whole, or cut off after so many bytes of an answer, so often. */
export interface ServedFile {
  bytes: Buffer;
  /** Ends connections early; each entry is used once. */
  breaks?: number[];
  etag?: string | null;
  headers?: Record<string, string>;
}

export interface FileServer {
  url: string;
  files: Map<string, ServedFile>;
  /** Requests in the order they came, as `path range`. */
  requests: { path: string; range: string | undefined; headers: IncomingMessage['headers'] }[];
  /** Answers anything else. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

/** A web server on loopback that honours ranges and breaks connections on demand. */
export async function startFileServer(): Promise<FileServer> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    self.requests.push({ path, range: request.headers.range, headers: request.headers });
    const file = self.files.get(path);
    if (file === undefined) self.answer(request, response);
    else serve(file, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FileServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    requests: [],
    answer: (_request, response) => void response.writeHead(404).end(),
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}

function serve(file: ServedFile, request: IncomingMessage, response: ServerResponse): void {
  const { bytes, etag = '"v1"', headers } = file;
  const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const mayResume = first !== undefined && request.headers['if-range'] === etag;
  const start = mayResume ? Number(first) : 0;
  const rest = bytes.subarray(start);
  response.writeHead(mayResume ? 206 : 200, {
    'content-length': rest.length,
    ...(etag !== null && { etag }),
    ...(mayResume && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    ...headers,
  });
  const cut = file.breaks?.shift();
  if (cut === undefined) response.end(rest);
  else response.write(rest.subarray(0, cut), () => response.socket?.end(() => response.destroy()));
}
