import { request } from 'node:http';

export interface ProbeResult {
  ok: boolean;
  /** The answer in words: `HTTP 200`, `connection refused`, `no answer within 2 s`. */
  words: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_QUOTED_CHARACTERS = 200;

/**
 * One GET on a connection of its own. As with Kubernetes' probes, statuses 200 to 399 are a success; everything else, and no complete answer in
 * time, is a failure. Never rejects.
 */
export function probeHttp(
  address: { host: string; port: number },
  path: string,
  timeoutMs: number,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    const outgoing = request({ ...address, path, agent: false, headers: { 'user-agent': 'viridian-probe' } });
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
