import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

const TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 1024 * 1024;

export interface AcmeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface AcmeCall {
  method: 'GET' | 'HEAD' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Authority of an ACME server that no public one vouches for, PEM. */
  caPem: string | null;
  signal: AbortSignal;
}

/** One call of an ACME server. @throws when there is no whole answer in 30 s */
export function callAcme({ method, url, headers = {}, body, caPem, signal }: AcmeCall): Promise<AcmeAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestSecure : requestPlain;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const call = send(url, {
      method,
      signal: limit,
      headers: { 'User-Agent': 'Viridian', ...headers, 'Content-Length': Buffer.byteLength(body ?? '') },
      ...(caPem !== null && { ca: caPem }),
    });
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > MAX_BODY_BYTES) response.destroy(new Error('The answer of the ACME server is too long.'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}
