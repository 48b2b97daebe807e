import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { AppError } from './app-error.ts';

/** Who can mend it. */
export type Blame = 'caller' | 'config' | 'model' | 'platform' | 'network';

export interface CatalogueEntry {
  status: number;
  blame: Blame;
  /** Whether the same call may succeed later without a change. */
  retry: boolean;
  title: string;
}

const entry = (status: number, blame: Blame, title: string, retry = false): CatalogueEntry => ({
  status,
  blame,
  retry,
  title,
});

export const ERROR_CATALOGUE = {
  'request.malformed': entry(400, 'caller', 'The request cannot be read'),
  'request.invalid': entry(422, 'caller', 'A field has a value that is not allowed'),
  'request.unknown_field': entry(422, 'caller', 'A field is not known'),
  'request.too_large': entry(413, 'caller', 'The body is too large'),
  'request.unsupported_media_type': entry(415, 'caller', 'The content type is not supported'),
  'request.not_acceptable': entry(406, 'caller', 'No representation fits the Accept header'),
  'request.bad_cursor': entry(400, 'caller', 'The cursor is not valid'),
  'request.idempotency_key_reused': entry(422, 'caller', 'The idempotency key was used for another body'),
  'request.precondition_failed': entry(412, 'caller', 'The object has changed'),
  'request.not_found': entry(404, 'caller', 'There is nothing at this address'),
  'request.method_not_allowed': entry(405, 'caller', 'The method is not allowed here'),
  'auth.required': entry(401, 'caller', 'Credentials are missing or not valid'),
  'auth.invalid_credentials': entry(401, 'caller', 'E-mail or password is wrong'),
  'auth.throttled': entry(429, 'caller', 'Too many attempts', true),
  'auth.forbidden': entry(403, 'caller', 'Not allowed'),
  'auth.cross_site': entry(403, 'caller', 'The request came from another site'),
  'setup.already_done': entry(409, 'caller', 'Set-up is already done'),
  'setup.wrong_code': entry(403, 'caller', 'The set-up code is wrong'),
  'tls.no_local_ca': entry(404, 'config', 'This installation has no certificate authority'),
  'endpoint.not_found': entry(404, 'caller', 'The endpoint does not exist'),
  'endpoint.no_keys': entry(409, 'caller', 'The endpoint does not use keys'),
  'endpoint.no_tokens': entry(409, 'caller', 'The endpoint does not use tokens'),
  'endpoint.busy_deleting': entry(409, 'caller', 'The endpoint is being deleted'),
  'traffic.invalid_sum': entry(422, 'caller', 'Traffic must sum to 0 or 100'),
  'traffic.unknown_deployment': entry(422, 'caller', 'A deployment in the split does not exist'),
  'traffic.deployment_not_ready': entry(422, 'caller', 'A deployment in the split is not ready'),
  'traffic.mirror_takes_live': entry(422, 'caller', 'A mirror target already takes live traffic'),
  'traffic.not_confirmed': entry(503, 'platform', 'Not every gateway worker confirmed', true),
  'deployment.not_found': entry(404, 'caller', 'The deployment does not exist'),
  'deployment.has_traffic': entry(409, 'caller', 'The deployment takes traffic'),
  'deployment.limit_reached': entry(409, 'caller', 'The endpoint holds as many deployments as it may'),
  'deployment.kind_not_supported': entry(422, 'config', 'This kind of deployment cannot run here'),
  'deployment.model_missing': entry(422, 'config', 'The model does not exist'),
  'deployment.model_not_loadable': entry(422, 'model', 'The model does not load'),
  'deployment.instance_type_unknown': entry(422, 'config', 'The instance type does not exist'),
  'deployment.instance_type_too_large': entry(422, 'config', 'The instance type is larger than this host'),
  'deployment.runtime_unavailable': entry(422, 'config', 'The runtime is not available on this host'),
  'deployment.exited': entry(422, 'model', 'The instance stopped'),
  'deployment.not_ready_in_time': entry(422, 'model', 'The instance did not become ready in time'),
  'deployment.out_of_memory': entry(422, 'config', 'The instance ran out of memory'),
  'deployment.command_not_found': entry(422, 'config', 'The command does not exist'),
  'deployment.no_port_available': entry(503, 'platform', 'No port is free', true),
  'deployment.address_not_allowed': entry(422, 'config', 'The address may not be reached'),
  'deployment.address_unknown': entry(422, 'network', 'The host name has no address', true),
  'deployment.canceled': entry(409, 'caller', 'The deployment was cancelled'),
  'operation.not_found': entry(404, 'caller', 'The operation does not exist'),
  'operation.already_finished': entry(409, 'caller', 'The operation has already finished'),
  'model.not_found': entry(404, 'caller', 'The model does not exist'),
  'model.in_use': entry(409, 'caller', 'The model version is in use'),
  'model.version_exists': entry(409, 'caller', 'The model version exists and cannot be changed'),
  'model.path_not_allowed': entry(422, 'caller', 'The path may not be read'),
  'model.format_unknown': entry(422, 'caller', 'No known model was found'),
  'model.invalid': entry(422, 'model', 'The model is damaged'),
  'model.timeout': entry(504, 'model', 'The model did not answer in time', true),
  'upload.not_found': entry(404, 'caller', 'The upload does not exist'),
  'upload.archive_refused': entry(422, 'caller', 'The archive was refused'),
  'upload.no_space': entry(507, 'platform', 'There is not enough room on the disk', true),
  'upload.in_use': entry(409, 'caller', 'The upload is in use'),
  'upload.offset_mismatch': entry(409, 'caller', 'The upload is at another offset', true),
  'instance_type.not_found': entry(404, 'caller', 'The instance type does not exist'),
  'instance_type.in_use': entry(409, 'caller', 'The instance type is in use'),
  'api_key.not_found': entry(404, 'caller', 'The API key does not exist'),
  'user.not_found': entry(404, 'caller', 'The user does not exist'),
  'logs.not_found': entry(404, 'caller', 'There are no such logs'),
  'telemetry.unavailable': entry(503, 'platform', 'Telemetry does not answer', true),
  'metrics.unknown_metric': entry(422, 'caller', 'The metric is not known'),
  'gateway.unavailable': entry(503, 'platform', 'The gateway does not answer', true),
  'gateway.bad_request': entry(400, 'caller', 'The request is not valid HTTP'),
  'gateway.no_route': entry(404, 'caller', 'There is no such endpoint'),
  'gateway.unauthorized': entry(401, 'caller', 'The credentials are missing or wrong'),
  'gateway.token_invalid': entry(401, 'caller', 'The token is not good for this endpoint'),
  'gateway.token_expired': entry(401, 'caller', 'The token has expired'),
  'gateway.forbidden': entry(403, 'caller', 'Not allowed'),
  'gateway.network_not_allowed': entry(403, 'config', 'Calls from this network are not allowed'),
  'gateway.method_not_allowed': entry(405, 'caller', 'The method is not allowed'),
  'gateway.request_timeout': entry(408, 'caller', 'The request did not arrive in time', true),
  'gateway.request_too_large': entry(413, 'caller', 'The body is larger than the endpoint allows'),
  'gateway.uri_too_long': entry(414, 'caller', 'The request target is too long'),
  'gateway.headers_too_large': entry(431, 'caller', 'The headers are too large'),
  'gateway.expectation_failed': entry(417, 'caller', 'The expectation is not supported'),
  'gateway.not_implemented': entry(501, 'caller', 'The transfer coding is not supported'),
  'gateway.version_not_supported': entry(505, 'caller', 'The HTTP version is not supported'),
  'gateway.misdirected': entry(421, 'caller', 'The host is not served here'),
  'gateway.loop_detected': entry(508, 'config', 'The request came back to this gateway'),
  'gateway.no_deployment': entry(404, 'config', 'No deployment takes traffic'),
  'gateway.unknown_deployment': entry(404, 'caller', 'The named deployment does not exist'),
  'gateway.no_ready_instance': entry(503, 'model', 'No instance is ready', true),
  'gateway.queue_full': entry(429, 'caller', 'Too many pending requests', true),
  'gateway.queue_timeout': entry(503, 'model', 'No slot became free in time', true),
  'gateway.rate_limited': entry(429, 'caller', 'The rate limit is reached', true),
  'gateway.concurrency_limited': entry(429, 'caller', 'The concurrency limit is reached', true),
  'gateway.bad_upstream_response': entry(502, 'model', 'The model gave an invalid answer'),
  'gateway.upstream_unreachable': entry(502, 'model', 'The model cannot be reached', true),
  'gateway.upstream_closed': entry(502, 'model', 'The model closed the connection', true),
  'gateway.connect_timeout': entry(504, 'model', 'The model does not accept connections', true),
  'gateway.upgrade_not_allowed': entry(403, 'config', 'The endpoint does not allow WebSocket'),
  'store.disk_full': entry(507, 'platform', 'The disk is full', true),
  'platform.internal': entry(500, 'platform', 'Something failed inside Viridian', true),
} as const satisfies Record<ErrorCode, CatalogueEntry>;

/** The problem body of an error; anything that is no AppError is a fault of ours and says nothing of its inside. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = error instanceof AppError ? error : null;
  const code: ErrorCode = known?.code ?? 'platform.internal';
  const { status, title } = ERROR_CATALOGUE[code];
  return {
    type: `urn:viridian:error:${code}`,
    title,
    status,
    detail: known?.message ?? `Something failed inside Viridian. The log holds more under request ${requestId}.`,
    code,
    request_id: requestId,
    ...(known?.errors && { errors: [...known.errors] }),
    ...(known?.details && { details: known.details }),
  };
}
