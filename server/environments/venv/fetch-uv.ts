import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { get as httpGet, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { get as httpsGet, Agent as HttpsAgent } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import { z } from 'zod';
import { UV_HASHES, UV_VERSION } from './uv-release.ts';

const MAX_REDIRECTS = 5;
const SILENCE_TIMEOUT_MS = 60_000;

/** How a file of the web is fetched. */
export interface FetchOptions {
  /** PEM of all authorities to believe. */
  authorities: string;
  proxies: { httpProxy: string | undefined; httpsProxy: string | undefined; noProxy: string | undefined };
  signal: AbortSignal;
}

export interface FetchUvOptions extends FetchOptions {
  /** Address of the package index; user and password in it are sent to it alone. */
  indexUrl: string;
  /** Where the program is written. */
  path: string;
  /** Which wheels will do; those for this process by default. */
  platform?: RegExp;
  /** SHA-256 that are believed; those of the pinned release by default. */
  hashes?: readonly string[];
}

/**
 * Fetches the wheel of uv from the index as a package installer does (PEP 503, PEP 691), for hosts whose Python has no installer, or that have no
 * Python at all.
 * @throws Error in words for people when the index cannot be reached or has no file for this platform with a hash that is believed
 */
export async function fetchUv(options: FetchUvOptions): Promise<void> {
  const page = new URL('uv/', options.indexUrl.replace(/\/*$/, '/'));
  const answer = await fetchFile(page, options);
  const isJson = answer.type.includes('json');
  const files = isJson ? parseJsonPage(answer.body, answer.url) : parseHtmlPage(answer.body.toString(), answer.url);
  const platform = options.platform ?? platformPattern();
  const file = files.find(({ name }) => name.startsWith(`uv-${UV_VERSION}-`) && platform.test(name));
  if (file === undefined) {
    throw new Error(
      `${withoutUser(page)} has no uv ${UV_VERSION} for this platform (${process.platform} ${process.arch}).`,
    );
  }
  const { body } = await fetchFile(withUserOf(file.url, page), options);
  const hash = createHash('sha256').update(body).digest('hex');
  if (!(options.hashes ?? UV_HASHES).includes(hash)) {
    throw new Error(`${withoutUser(file.url)} is not the uv ${UV_VERSION} that was published: its hash is ${hash}.`);
  }
  await writeFile(options.path, await readProgram(body), { mode: 0o755 });
}

interface IndexFile {
  name: string;
  url: URL;
}

const pageSchema = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

function parseJsonPage(body: Buffer, base: URL): IndexFile[] {
  const { files } = pageSchema.parse(JSON.parse(body.toString()));
  return files.map(({ filename, url }) => ({ name: filename, url: new URL(url, base) }));
}

function parseHtmlPage(html: string, base: URL): IndexFile[] {
  return [...html.matchAll(/<a\b[^>]*\bhref\s*=\s*["']([^"']+)["'][^>]*>([^<]*)<\/a>/gi)].map(([, href, name]) => ({
    name: (name ?? '').trim(),
    url: new URL((href ?? '').replaceAll('&amp;', '&'), base),
  }));
}

/** Tags of the wheels that run here (PEP 425, PEP 600, PEP 656). */
function platformPattern(): RegExp {
  const arm = process.arch === 'arm64';
  if (process.platform === 'darwin') return arm ? /macosx_\w+_arm64\.whl$/ : /macosx_\w+_x86_64\.whl$/;
  const header = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
  const libc = header.glibcVersionRuntime === undefined ? 'musllinux' : 'manylinux';
  return new RegExp(`${libc}[\\w.]*_${arm ? 'aarch64' : 'x86_64'}[.\\w]*\\.whl$`);
}

interface Answer {
  url: URL;
  type: string;
  body: Buffer;
}

/** Follows redirects. @throws Error in words for people, without user and password */
export async function fetchFile(url: URL, options: FetchOptions, redirects = 0): Promise<Answer> {
  const response = await send(url, options);
  const status = response.statusCode ?? 0;
  const { location } = response.headers;
  if (status >= 300 && status < 400 && location !== undefined && redirects < MAX_REDIRECTS) {
    response.resume();
    return fetchFile(withUserOf(new URL(location, url), url), options, redirects + 1);
  }
  if (status !== 200) {
    response.resume();
    throw new Error(`${withoutUser(url)} answered ${status} ${response.statusMessage ?? ''}.`);
  }
  return { url, type: response.headers['content-type'] ?? '', body: await buffer(response) };
}

function send(url: URL, { authorities, proxies, signal }: FetchOptions): Promise<IncomingMessage> {
  const named = { HTTP_PROXY: proxies.httpProxy, HTTPS_PROXY: proxies.httpsProxy, NO_PROXY: proxies.noProxy };
  // Next declares NODE_ENV as always there.
  const proxyEnv = named as unknown as NodeJS.ProcessEnv;
  const headers = { accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.5, */*;q=0.1' };
  return new Promise((resolve, reject) => {
    const asked =
      url.protocol === 'https:'
        ? httpsGet(url, { headers, signal, agent: new HttpsAgent({ ca: authorities, proxyEnv }) }, resolve)
        : httpGet(url, { headers, signal, agent: new HttpAgent({ proxyEnv }) }, resolve);
    asked.setTimeout(SILENCE_TIMEOUT_MS, () => asked.destroy(new Error('it was silent for too long')));
    asked.on('error', (error) => {
      reject(new Error(`${withoutUser(url)} cannot be reached (${error.message}).`, { cause: error }));
    });
  });
}

/** User and password go only to whom they were given for. */
function withUserOf(url: URL, source: URL): URL {
  if (url.origin !== source.origin) return url;
  const whole = new URL(url);
  whole.username = source.username;
  whole.password = source.password;
  return whole;
}

function withoutUser(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

async function readProgram(wheel: Buffer): Promise<Buffer> {
  const zip = await promisify<Buffer, { lazyEntries: true }, ZipFile>(fromBuffer)(wheel, { lazyEntries: true });
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => reject(new Error('The wheel of uv holds no program.')));
    zip.on('entry', (entry: Entry) => {
      if (!entry.fileName.endsWith('.data/scripts/uv')) {
        zip.readEntry();
        return;
      }
      zip.openReadStream(entry, (error, stream) => {
        if (error === null) buffer(stream).then(resolve, reject);
        else reject(error);
      });
    });
    zip.readEntry();
  });
}
