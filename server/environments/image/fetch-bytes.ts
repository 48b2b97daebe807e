import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { PythonSettings } from '../python-settings.ts';

const MAX_REDIRECTS = 5;
/** Between two pieces of an answer. */
const SILENCE_MS = 60_000;

export interface FetchOptions {
  /** Proxies. */
  settings: PythonSettings;
  /** PEM of everything that builds believe. */
  authorities: Buffer;
  signal: AbortSignal;
}

/**
 * A file of the web, by way of the proxies and authorities of builds. Follows redirects.
 * @throws Error with the status, or of the network
 */
export async function fetchBytes(url: URL, accept: string, options: FetchOptions, redirects = 0): Promise<Buffer> {
  const response = await request(url, accept, options);
  const { statusCode = 0, headers } = response;
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined && redirects < MAX_REDIRECTS) {
    response.resume();
    return fetchBytes(new URL(headers.location, url), accept, options, redirects + 1);
  }
  if (statusCode === 200) return buffer(response);
  response.resume();
  throw new Error(`${withoutPassword(url.href)} answered ${statusCode}`);
}

function request(url: URL, accept: string, options: FetchOptions): Promise<IncomingMessage> {
  const { settings, authorities, signal } = options;
  const proxies: Partial<NodeJS.ProcessEnv> = {
    HTTP_PROXY: settings.VIRIDIAN_HTTP_PROXY,
    HTTPS_PROXY: settings.VIRIDIAN_HTTPS_PROXY,
    NO_PROXY: settings.VIRIDIAN_NO_PROXY,
  };
  const proxyEnv = proxies as NodeJS.ProcessEnv;
  const headers = { accept, 'user-agent': 'viridian' };
  return new Promise((resolve, reject) => {
    const asked =
      url.protocol === 'https:'
        ? httpsGet(url, { headers, signal, agent: new HttpsAgent({ proxyEnv, ca: authorities }) }, resolve)
        : httpGet(url, { headers, signal, agent: new HttpAgent({ proxyEnv }) }, resolve);
    asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error(`no answer for ${SILENCE_MS / 1000} s`)));
    asked.on('error', reject);
  });
}

/** An address as it may be shown. */
export function withoutPassword(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
