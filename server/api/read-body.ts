import type { FastifyRequest } from 'fastify';
import { AppError } from '#server/kernel/app-error.ts';
import type { AnyRoute } from './route.ts';

/** Uploads have limits of their own. */
export const MAX_JSON_BYTES = 8 * 2 ** 20;

const JSON_TYPES = new Set(['application/json', 'application/merge-patch+json']);

/**
 * The JSON body of a request, without the fields that writes ignore.
 * @throws AppError request.unsupported_media_type, request.too_large or request.malformed
 */
export async function readJsonBody(request: FastifyRequest, route: AnyRoute): Promise<unknown> {
  const text = await readText(request);
  if (text === '') {
    if (route.bodyOptional) return {};
    throw new AppError('request.malformed', 'The body is empty; send a JSON object.');
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!JSON_TYPES.has(type)) {
    throw new AppError(
      'request.unsupported_media_type',
      `Send Content-Type: application/json instead of ${type === '' ? 'none' : `"${type}"`}.`,
    );
  }
  return withoutReadOnly(parseJson(text), route.readOnlyFields ?? []);
}

async function readText(request: FastifyRequest): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_JSON_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError('request.malformed', 'The body is not valid UTF-8.', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, refusePrototype);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('request.malformed', `The body is not valid JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** `__proto__` in JSON becomes an ordinary own property, which careless copying later turns into a prototype. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new AppError('request.malformed', 'The body holds a field named "__proto__".');
  return value;
}

function withoutReadOnly(body: unknown, readOnly: readonly string[]): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !readOnly.includes(name)));
}

function tooLarge(): AppError {
  return new AppError(
    'request.too_large',
    `The body is larger than ${MAX_JSON_BYTES / 2 ** 20} MiB. Models and archives go to /uploads.`,
  );
}
