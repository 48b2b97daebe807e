import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { ERROR_CATALOGUE } from '#server/kernel/error-catalogue.ts';
import type { GatewayReason } from '#server/telemetry/request-record.ts';

/** An answer that the gateway gives itself instead of the model. */
export interface GatewayAnswer {
  readonly code: ErrorCode;
  readonly reason: GatewayReason;
  /** What happened and what to do, for the caller: nothing about hosts, ports or paths behind the gateway. */
  readonly detail: string;
  /** Overrides the catalogue, for endpoints that map statuses as the original does. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** More field lines, each with its CR LF. */
  readonly fieldLines?: string;
  /** The connection carries no further request. */
  readonly closes?: boolean;
}

export function gatewayAnswer(
  code: ErrorCode,
  reason: GatewayReason,
  detail: string,
  more: Pick<GatewayAnswer, 'status' | 'retryAfterSeconds' | 'fieldLines' | 'closes'> = {},
): GatewayAnswer {
  return { code, reason, detail, ...more };
}

/** Seconds for `Retry-After`, spread so that clients that were turned away together do not come back together. */
export function jitteredRetryAfter(atLeastSeconds = 1): number {
  return Math.max(1, Math.ceil(atLeastSeconds)) + Math.floor(Math.random() * 4);
}

export function statusOf(answer: GatewayAnswer): number {
  return answer.status ?? ERROR_CATALOGUE[answer.code].status;
}

/** The RFC 9457 body of an answer. */
export function problemBody(answer: GatewayAnswer, requestId: string): string {
  const problem: Problem = {
    type: `urn:viridian:error:${answer.code}`,
    title: ERROR_CATALOGUE[answer.code].title,
    status: statusOf(answer),
    detail: answer.detail,
    code: answer.code,
    request_id: requestId,
  };
  return JSON.stringify(problem);
}

export const ANSWERS = {
  starting: gatewayAnswer('gateway.unavailable', 'no_route', 'The gateway has not been told about any endpoint yet.', {
    retryAfterSeconds: 1,
  }),
  noRoute: gatewayAnswer(
    'gateway.no_route',
    'no_route',
    'No endpoint has this name. The address is /<endpoint>/<path>, for example /my-endpoint/score.',
  ),
  noGrpcEndpoint: gatewayAnswer(
    'gateway.no_route',
    'no_route',
    'No endpoint is named. Put it into the metadata "viridian-endpoint", or call <endpoint>.<domain> where a domain is set.',
  ),
  unauthorized: gatewayAnswer(
    'gateway.unauthorized',
    'unauthorized',
    'Send a key of this endpoint as "Authorization: Bearer <key>".',
    { fieldLines: 'WWW-Authenticate: Bearer realm="viridian"\r\n' },
  ),
  tokenMissing: gatewayAnswer(
    'gateway.unauthorized',
    'unauthorized',
    'Send a token of this endpoint as "Authorization: Bearer <token>"; keys do not open it.',
    { fieldLines: 'WWW-Authenticate: Bearer realm="viridian"\r\n' },
  ),
  tokenInvalid: gatewayAnswer(
    'gateway.token_invalid',
    'unauthorized',
    'The token was not issued for this endpoint, or is no longer accepted. Get another one.',
    { fieldLines: 'WWW-Authenticate: Bearer realm="viridian", error="invalid_token"\r\n' },
  ),
  tokenExpired: gatewayAnswer('gateway.token_expired', 'unauthorized', 'The token has expired. Get the next one.', {
    fieldLines:
      'WWW-Authenticate: Bearer realm="viridian", error="invalid_token", error_description="The token has expired"\r\n',
  }),
  privateNetwork: gatewayAnswer(
    'gateway.network_not_allowed',
    'forbidden',
    'This endpoint answers only callers on its own host and in its allowed networks: public network access is disabled.',
  ),
  preflightRefused: gatewayAnswer(
    'gateway.forbidden',
    'preflight',
    'This origin is not among the CORS origins of the endpoint.',
  ),
  loop: gatewayAnswer(
    'gateway.loop_detected',
    'bad_request',
    'The request has already passed this gateway: a deployment points back at it.',
  ),
  clientRequestId: gatewayAnswer(
    'gateway.bad_request',
    'bad_request',
    'x-ms-client-request-id must be 1 to 100 letters, digits, "-", "_", "." or ":".',
  ),
  upgradeNotAllowed: gatewayAnswer(
    'gateway.upgrade_not_allowed',
    'forbidden',
    'This endpoint does not allow WebSocket connections.',
  ),
  upgradeOrigin: gatewayAnswer('gateway.forbidden', 'forbidden', 'This origin may not open a WebSocket here.'),
  upgradeMalformed: gatewayAnswer(
    'gateway.bad_request',
    'bad_request',
    'A WebSocket handshake is a GET without a body, with Sec-WebSocket-Key and Sec-WebSocket-Version: 13 (RFC 6455 section 4.1).',
  ),
  noDeployment: gatewayAnswer(
    'gateway.no_deployment',
    'no_deployment',
    'No deployment of this endpoint takes traffic. Give one a share, or name one in azureml-model-deployment.',
  ),
  unknownDeployment: gatewayAnswer(
    'gateway.unknown_deployment',
    'no_deployment',
    'The deployment named in azureml-model-deployment does not exist.',
  ),
  upstreamUnreachable: gatewayAnswer(
    'gateway.upstream_unreachable',
    'connect_failed',
    'The model does not accept connections.',
  ),
  connectTimeout: gatewayAnswer(
    'gateway.connect_timeout',
    'connect_timeout',
    'The model did not accept the connection in time.',
  ),
  upstreamClosed: gatewayAnswer(
    'gateway.upstream_closed',
    'upstream_closed',
    'The model closed the connection before it answered. It may have seen the request.',
  ),
  badResponse: gatewayAnswer(
    'gateway.bad_upstream_response',
    'bad_response',
    'What the model answered is not valid HTTP/1.1.',
  ),
  noHttp2: gatewayAnswer(
    'gateway.bad_upstream_response',
    'bad_response',
    'The instance does not speak HTTP/2, which gRPC needs: its model server offers no gRPC on this port.',
  ),
  deadlineExceeded: gatewayAnswer(
    'model.timeout',
    'model_timeout',
    'The deadline of the call (grpc-timeout) has passed.',
  ),
  requestTimeout: gatewayAnswer(
    'gateway.request_timeout',
    'bad_request',
    'The request did not arrive completely in time.',
  ),
} as const satisfies Record<string, GatewayAnswer>;
