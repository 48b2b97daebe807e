import { type ClientRequest, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP } from 'node:net';

export interface ProbeResult {
  ok: boolean;
  /** The answer in words: `HTTP 200`, `connection refused`, `no answer within 2 s`. */
  words: string;
}

/** Whom to ask, and how where it is not a program of this host. */
export interface ProbeTarget {
  host: string;
  port: number;
  /** Besides the probe's own; `Host` among them where it is not the address. */
  headers?: Readonly<Record<string, string>>;
  /** The name that the server's certificate must be for. */
  tlsName?: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_QUOTED_CHARACTERS = 200;

/**
 * One GET on a connection of its own. As with Kubernetes' probes, statuses 200 to 399 are a success; everything else, and no complete answer in
 * time, is a failure. Never rejects.
 */
export function probeHttp(target: ProbeTarget, path: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const outgoing = send(target, path);
    const timer = setTimeout(() => finish({ ok: false, words: `no answer within ${timeoutMs / 1000} s` }), timeoutMs);
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      outgoing.destroy();
      resolve(result);
    };
    outgoing.on('error', (error: NodeJS.ErrnoException) => finish({ ok: false, words: wordsOf(error) }));
    outgoing.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const settle = (): void => finish(describeAnswer(status, Buffer.concat(chunks).toString('utf8')));
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        received += chunk.length;
        if (received > MAX_BODY_BYTES) settle();
      });
      response.on('end', settle);
      response.on('error', (error) => finish({ ok: false, words: wordsOf(error) }));
    });
    outgoing.end();
  });
}

function send({ host, port, headers, tlsName }: ProbeTarget, path: string): ClientRequest {
  const options = { host, port, path, agent: false, headers: { 'user-agent': 'viridian-probe', ...headers } } as const;
  if (tlsName === undefined) return request(options);
  // An address is no server name; then the certificate has to be for the address.
  return requestTls({ ...options, servername: isIP(tlsName) === 0 ? tlsName : '', minVersion: 'TLSv1.2' });
}

function describeAnswer(status: number, body: string): ProbeResult {
  if (status >= 200 && status < 400) return { ok: true, words: `HTTP ${status}` };
  const quoted = body.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_QUOTED_CHARACTERS);
  return { ok: false, words: quoted === '' ? `HTTP ${status}` : `HTTP ${status}: ${quoted}` };
}

function wordsOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  if (error.code === 'ECONNRESET') return 'connection closed before an answer';
  return error.message;
}
