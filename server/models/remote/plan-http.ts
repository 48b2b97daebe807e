import { AppError } from '#server/kernel/app-error.ts';
import { parseEntryName } from '../entry-name.ts';
import { explainStatus } from './read-answer.ts';
import { type RemoteAnswer, type RemoteHttp, type RemoteRequest, showUrl } from './remote-http.ts';
import type { RemotePlan } from './remote-plan.ts';

const HINT = 'A signed address may have run out; other credentials are not sent to web addresses.';

/** A single file or archive at a web address. Its name is known only from the answer, so the download begins here. */
export async function planHttp(url: URL, http: RemoteHttp, signal: AbortSignal): Promise<RemotePlan> {
  const request = async (): Promise<RemoteRequest> => ({ url });
  const opened = await http.get(await request(), signal);
  if (opened.status !== 200) {
    opened.body.destroy();
    throw explainStatus(opened.status, opened.url, HINT);
  }
  const name = filenameOf(opened, url);
  refusePage(opened, name);
  const length = opened.headers['content-length'];
  const sizeBytes = length === undefined ? null : Number(length);
  return {
    kind: 'files',
    unpack: true,
    files: [{ segments: [name], sizeBytes, sha256: null, request, hint: HINT, opened }],
  };
}

/** Servers that want somebody to sign in answer with a page in the place of the file. @throws AppError model.source_denied */
function refusePage({ headers, body, url }: RemoteAnswer, name: string): void {
  if (!/^text\/html\b/i.test(headers['content-type'] ?? '') || /\.html?$/i.test(name)) return;
  body.destroy();
  const text = `${showUrl(url)} answered with a web page, as servers do that want somebody to sign in. Give the address of the file itself.`;
  throw new AppError('model.source_denied', text);
}

/** As the server calls it (RFC 6266), else as the address does. @throws AppError model.source_broken when there is no usable name */
function filenameOf({ headers, body, url }: RemoteAnswer, asked: URL): string {
  const candidates = [nameOfDisposition(headers['content-disposition'] ?? ''), lastSegment(asked), lastSegment(url)];
  for (const candidate of candidates) {
    const name = candidate.split(/[/\\]/).at(-1) ?? '';
    if (isUsable(name)) return name;
  }
  body.destroy();
  const text = `${showUrl(asked)} names no file. Give an address that ends with the name of the file or archive.`;
  throw new AppError('model.source_broken', text);
}

function nameOfDisposition(header: string): string {
  const [, extended] = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(header) ?? [];
  if (extended !== undefined) return decodeSafely(extended);
  const [, quoted, plain] = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
}

const lastSegment = ({ pathname }: URL): string => decodeSafely(pathname.split('/').at(-1) ?? '');

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function isUsable(name: string): boolean {
  try {
    return parseEntryName(name, 0).length === 1;
  } catch {
    return false;
  }
}
