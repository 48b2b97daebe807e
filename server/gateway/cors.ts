import { fieldId } from './http1/field-names.ts';
import type { RequestHead } from './http1/request-head.ts';

const ORIGIN = fieldId('origin');
const REQUEST_METHOD = fieldId('access-control-request-method');
const PREFLIGHT_MAX_AGE_SECONDS = 600;

export function isPreflight(head: RequestHead): boolean {
  return head.method === 'OPTIONS' && head.fields.has(ORIGIN) && head.fields.has(REQUEST_METHOD);
}

/** The caller's origin if the endpoint's list allows it (`*` allows all), else null. */
export function allowedOrigin(corsOrigins: readonly string[], head: RequestHead): string | null {
  if (corsOrigins.length === 0) return null;
  const origin = head.fields.valueOf(ORIGIN);
  if (origin === null) return null;
  return corsOrigins.includes('*') || corsOrigins.includes(origin) ? origin : null;
}

/** Field lines that let a page of this origin read an answer. */
export function corsLines(origin: string): string {
  return (
    `Access-Control-Allow-Origin: ${origin}\r\nVary: Origin\r\n` +
    'Access-Control-Expose-Headers: x-request-id, x-ms-request-id, x-ms-client-request-id, azureml-model-deployment, ' +
    'ms-azureml-model-error-statuscode, ms-azureml-model-error-reason, retry-after\r\n'
  );
}

/** Field lines that let a page of this origin send any request that a key holder may send. */
export function preflightLines(origin: string, head: RequestHead): string {
  const requested = head.fields.findByName('access-control-request-headers');
  const headers =
    requested < 0
      ? 'authorization, content-type'
      : head.fields.bytes.toString('latin1', head.fields.valueStart(requested), head.fields.valueEnd(requested));
  return (
    `Access-Control-Allow-Origin: ${origin}\r\n` +
    'Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' +
    `Access-Control-Allow-Headers: ${headers}\r\n` +
    `Access-Control-Max-Age: ${PREFLIGHT_MAX_AGE_SECONDS}\r\n` +
    'Vary: Origin, Access-Control-Request-Headers\r\n'
  );
}
