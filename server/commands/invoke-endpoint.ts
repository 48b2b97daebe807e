import type { z } from 'zod';
import type { InvokeResponse, invokeRequestSchema } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { callGateway, type GatewayAnswer } from './call-gateway.ts';
import type { CommandContext } from './command-context.ts';
import { signEndpointToken } from './issue-endpoint-token.ts';
import { openKeys, refuseWithoutKeys } from './read-endpoint-keys.ts';

type InvokeContext = Pick<CommandContext, 'database' | 'masterKey' | 'routes'> & { gatewayPort: number };

export interface InvokeEndpoint {
  name: string;
  request: z.output<typeof invokeRequestSchema>;
  signal: AbortSignal;
}

/** Headers that belong to the connection or to Viridian; everything else of the caller's reaches the model. */
const OWN_HEADERS = new Set([
  'authorization',
  'api-key',
  'x-api-key',
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'expect',
  'azureml-model-deployment',
]);

/** Sends one request through the gateway as any caller would, with a key or token of the endpoint. An error of the model is an answer like any other. */
export async function invokeEndpoint(
  context: InvokeContext,
  actor: Actor,
  { name, request, signal }: InvokeEndpoint,
): Promise<InvokeResponse> {
  authorize(actor, 'endpoint.invoke', endpointPath(name));
  const endpoint = await findEndpointOrRefuse(context.database, name);
  const credential = await credentialOf(context, actor, endpoint);
  const { body, contentType } = encodeBody(request);
  const answer = await callGateway({
    port: context.gatewayPort,
    method: request.method,
    path: `/${name}${request.path}`,
    body,
    signal,
    headers: {
      ...(contentType !== null && { 'content-type': contentType }),
      ...callerHeaders(request.headers),
      ...(body.length > 0 && { 'content-length': String(body.length) }),
      ...(request.deployment !== undefined && { 'azureml-model-deployment': request.deployment }),
      authorization: `Bearer ${credential}`,
    },
  });
  return present(answer);
}

/** What the endpoint is called with. @throws AppError `endpoint.no_keys` where it is called with what only another service issues */
async function credentialOf(context: InvokeContext, actor: Actor, endpoint: EndpointRecord): Promise<string> {
  if (endpoint.authMode === 'aml_token') {
    return (await signEndpointToken(context, actor, endpoint)).access_token;
  }
  refuseWithoutKeys(endpoint);
  return (await openKeys(context.database, context.masterKey, endpoint.name)).primary_key;
}

/** @throws AppError request.invalid when both forms of a body are given */
function encodeBody({ body, body_base64: base64 }: InvokeEndpoint['request']): {
  body: Buffer;
  contentType: string | null;
} {
  if (base64 !== undefined && body !== undefined) {
    const message = 'cannot be given beside "body": a request has one body';
    throw new AppError('request.invalid', `/body_base64 ${message}.`, { errors: [{ path: '/body_base64', message }] });
  }
  if (base64 !== undefined) return { body: Buffer.from(base64, 'base64'), contentType: 'application/octet-stream' };
  if (body === undefined) return { body: Buffer.alloc(0), contentType: null };
  return { body: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
}

function callerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => !OWN_HEADERS.has(name)));
}

function present({ status, headers, body, durationMs, truncated }: GatewayAnswer): InvokeResponse {
  return {
    status,
    headers,
    ...decodeBody(body, headers['content-type'] ?? '', truncated),
    duration_ms: Math.round(durationMs * 1000) / 1000,
    deployment: headers['azureml-model-deployment'] ?? null,
    ...(truncated && { truncated }),
  };
}

/** JSON as JSON, other text as text, everything else as base64. */
function decodeBody(
  body: Buffer,
  contentType: string,
  truncated: boolean,
): Pick<InvokeResponse, 'body' | 'body_base64'> {
  if (body.length === 0) return {};
  const text = decodeText(body, truncated);
  if (text === null) return { body_base64: body.toString('base64') };
  if (!/[/+]json\b/i.test(contentType)) return { body: text };
  try {
    return { body: JSON.parse(text) };
  } catch {
    // It says JSON and is not, or was cut: people see what came.
    return { body: text };
  }
}

function decodeText(body: Buffer, truncated: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: truncated });
  } catch {
    // Not text.
    return null;
  }
}
