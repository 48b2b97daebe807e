import type { z } from 'zod';
import { AppError } from '#server/kernel/app-error.ts';
import { withIdleLimit } from '../idle-limit.ts';
import { type RemoteAnswer, type RemoteHttp, type RemoteRequest, showUrl } from './remote-http.ts';

/** Listings and descriptions; a model's files are never read whole. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** What to do about 401 and 403, as a sentence. */
export type AccessHint = string;

/**
 * What a status other than success means.
 * @param reason what the server says itself, if it says anything
 */
export function explainStatus(status: number, url: URL, hint: AccessHint, reason = ''): AppError {
  const said = `${showUrl(url)} answered ${status}${reason === '' ? '' : ` (${reason.slice(0, 200)})`}.`;
  if (status === 401 || status === 403) return new AppError('model.source_denied', `${said} ${hint}`);
  // MLflow answers 400 for an alias that it does not have.
  if (status === 404 || status === 410 || (status === 400 && /not found/i.test(reason))) {
    return new AppError(
      'model.source_not_found',
      `${said} There is nothing under this address, or nothing that may be seen.`,
    );
  }
  return new AppError('model.source_unreachable', said);
}

/** The whole text of a small answer. @throws AppError model.source_broken when it is not small */
export async function readText({ body, url }: RemoteAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of withIdleLimit(body)) {
    size += chunk.length;
    if (size > MAX_TEXT_BYTES) {
      throw new AppError('model.source_broken', `${showUrl(url)} sends a listing of more than 16 MiB.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export interface JsonQuestion<Schema extends z.ZodType> {
  request: RemoteRequest;
  schema: Schema;
  hint: AccessHint;
}

/**
 * Asks for JSON.
 * @throws AppError model.source_denied, model.source_not_found, model.source_unreachable; model.source_broken for an answer of another shape
 */
export async function askJson<Schema extends z.ZodType>(
  http: RemoteHttp,
  { request, schema, hint }: JsonQuestion<Schema>,
  signal: AbortSignal,
): Promise<{ body: z.infer<Schema>; answer: RemoteAnswer }> {
  const answer = await http.get(request, signal);
  const text = await readText(answer);
  const json = parseJson(text);
  if (answer.status !== 200) throw explainStatus(answer.status, answer.url, hint, reasonOf(json));
  const parsed = schema.safeParse(json);
  if (parsed.success) return { body: parsed.data, answer };
  throw new AppError('model.source_broken', `${showUrl(answer.url)} did not answer as such a server does.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What error bodies of MLflow and of hubs hold. */
function reasonOf(json: unknown): string {
  if (typeof json !== 'object' || json === null) return '';
  const { message, error } = json as Record<string, unknown>;
  return [message, error].find((text) => typeof text === 'string') ?? '';
}
