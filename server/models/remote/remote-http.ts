import { Agent as HttpAgent, type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { getCACertificates } from 'node:tls';
import { type HostAddresses, hostFault } from '#server/domain/external-server.ts';
import { AppError } from '#server/kernel/app-error.ts';

const MAX_REDIRECTS = 5;
const ANSWER_MS = 30_000;
const MAX_SOCKETS = 4;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface RemoteRequest {
  url: URL;
  headers?: Readonly<Record<string, string>>;
  /** Sent to the origin of the URL only, never where it redirects to. */
  secretHeaders?: Readonly<Record<string, string>>;
}

export interface RemoteAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: IncomingMessage;
  /** Where the answer came from in the end. */
  url: URL;
}

export interface RemoteHttp {
  /**
   * One GET, redirects followed. The body is to be read or destroyed.
   * @throws AppError model.path_not_allowed for an address that may not be reached, model.source_unreachable
   */
  get(request: RemoteRequest, signal: AbortSignal): Promise<RemoteAnswer>;
  /** Closes the connections that are kept for the next request. */
  close(): void;
}

export interface RemoteHttpOptions {
  /**
   * Addresses of a host, each of them checked.
   * @param trusted whether the operator named this origin in a setting
   */
  resolve: (host: string, trusted: boolean) => Promise<HostAddresses>;
  /** Origins that settings name. */
  trustedOrigins: ReadonlySet<string>;
  /** PEM of authorities that are believed besides the public ones. */
  extraAuthorities: string | null;
}

/**
 * GETs at addresses that callers name. Each hop is resolved once, checked and connected to at just the address that was checked, so that a name
 * which changes its mind in between leads nowhere else.
 */
export function createRemoteHttp({ resolve, trustedOrigins, extraAuthorities }: RemoteHttpOptions): RemoteHttp {
  const ca = extraAuthorities === null ? null : [...getCACertificates('default'), extraAuthorities];
  const shared = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agents = { http: new HttpAgent(shared), https: new HttpsAgent({ ...shared, ...(ca !== null && { ca }) }) };

  async function addressesOf(url: URL): Promise<readonly string[]> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const found = await resolve(host, trustedOrigins.has(url.origin));
    if (found.kind === 'allowed') return found.addresses;
    const code = found.kind === 'forbidden' ? 'model.path_not_allowed' : 'model.source_unreachable';
    throw new AppError(code, hostFault(host, found) ?? '');
  }

  async function open(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    let failure: unknown;
    for (const address of await addressesOf(url)) {
      try {
        return await openAt(url, address, headers, agents, signal);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw explainConnection(url, failure);
  }

  return {
    async get({ url: first, headers, secretHeaders }, signal) {
      let url = first;
      for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
        const secrets = url.origin === first.origin ? secretHeaders : {};
        const sent = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'viridian', ...headers, ...secrets };
        const body = await open(url, sent, signal);
        const next = redirectOf(body, url);
        if (next === null) return { status: body.statusCode ?? 0, headers: body.headers, body, url };
        body.destroy();
        url = next;
      }
      const text = `${showUrl(first)} redirects more than ${MAX_REDIRECTS} times. Give the address where it ends.`;
      throw new AppError('model.source_unreachable', text);
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Resolves with the head of the answer. */
function openAt(
  url: URL,
  address: string,
  headers: Record<string, string>,
  agents: { http: HttpAgent; https: HttpsAgent },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options: RequestOptions & { servername?: string } = {
    host: address,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host },
    signal,
    ...(isTls ? { agent: agents.https, servername: isIP(host) === 0 ? host : '' } : { agent: agents.http }),
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(options, (answer) => {
      request.setTimeout(0);
      resolve(answer);
    });
    const late = Object.assign(new Error(`no answer within ${ANSWER_MS / 1000} s`), { code: 'ETIMEDOUT' });
    request.setTimeout(ANSWER_MS, () => request.destroy(late));
    request.on('error', reject);
    request.end();
  });
}

/** @throws AppError model.source_unreachable for a redirect to what is no web address, or that gives up TLS */
function redirectOf({ statusCode = 0, headers: { location } }: IncomingMessage, from: URL): URL | null {
  if (!REDIRECTS.has(statusCode) || location === undefined) return null;
  const next = URL.canParse(location, from) ? new URL(location, from) : null;
  const isDowngrade = from.protocol === 'https:' && next?.protocol === 'http:';
  if (next !== null && /^https?:$/.test(next.protocol) && !isDowngrade) return next;
  const text = `${showUrl(from)} redirects to ${next === null ? 'no address' : showUrl(next)}, which is not followed.`;
  throw new AppError('model.source_unreachable', text);
}

/** An address without what may be secret in it. */
export const showUrl = (url: URL): string => `${url.origin}${url.pathname}`;

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_)/;

function explainConnection(url: URL, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code = '', message = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const options = { cause: error };
  if (UNTRUSTED.test(code)) {
    const text = `The certificate of ${url.host} is not trusted (${code}). VIRIDIAN_EXTRA_CA_FILE names a file with an authority of your own.`;
    return new AppError('model.source_unreachable', text, options);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const text = `The certificate of ${url.host} is for another name. Use the name that the certificate has.`;
    return new AppError('model.source_unreachable', text, options);
  }
  const text = `${url.host} cannot be reached: ${code === 'ECONNREFUSED' ? 'nobody listens there' : code || message}.`;
  return new AppError('model.source_unreachable', text, options);
}
