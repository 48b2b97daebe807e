import type { FastifyRequest } from 'fastify';
import { AppError } from '#server/kernel/app-error.ts';
import { type AnyRoute, isBodyOptional } from './route.ts';

/** Uploads have limits of their own. */
export const MAX_JSON_BYTES = 8 * 2 ** 20;

const JSON_TYPES = new Set(['application/json', 'application/merge-patch+json']);

/**
 * The JSON body of a request, without the fields that writes ignore; undefined where it is left out and may be.
 * @throws AppError request.unsupported_media_type, request.too_large or request.malformed
 */
export async function readJsonBody(request: FastifyRequest, route: AnyRoute): Promise<unknown> {
  const text = await readText(request);
  if (text === '') {
    if (isBodyOptional(route)) return undefined;
    throw new AppError('request.malformed', 'The body is empty; send a JSON object.');
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!JSON_TYPES.has(type)) {
    throw new AppError(
      'request.unsupported_media_type',
      `Send Content-Type: application/json instead of ${type === '' ? 'none' : `"${type}"`}.`,
    );
  }
  return withoutReadOnly(parseJson(text), route);
}

async function readText(request: FastifyRequest): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_JSON_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // A stream that is left early stays whole: the refusal goes out on its connection.
  for await (const chunk of request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
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

/** Of a PUT, fields that are null are taken as left out too: answers say null where there is nothing, and GET, edit, PUT has to work. */
function withoutReadOnly(body: unknown, { method, readOnlyFields = [] }: AnyRoute): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const isKept = (name: string, value: unknown): boolean =>
    !readOnlyFields.includes(name) && !(method === 'PUT' && value === null);
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => isKept(name, value)));
}

function tooLarge(): AppError {
  return new AppError(
    'request.too_large',
    `The body is larger than ${MAX_JSON_BYTES / 2 ** 20} MiB. Models and archives go to /uploads.`,
  );
}
