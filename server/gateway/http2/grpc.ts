import { type GatewayAnswer, statusOf } from '../gateway-answer.ts';
import type { GatewayReason } from '#server/telemetry/request-record.ts';

/** Statuses of gRPC that the gateway gives itself (grpc/grpc `doc/statuscodes.md`). */
export const GRPC = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** HTTP statuses of the gateway's own answers as callers of gRPC are told them. */
const BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: GRPC.invalidArgument,
  401: GRPC.unauthenticated,
  403: GRPC.permissionDenied,
  404: GRPC.notFound,
  405: GRPC.unimplemented,
  408: GRPC.deadlineExceeded,
  413: GRPC.resourceExhausted,
  414: GRPC.invalidArgument,
  417: GRPC.invalidArgument,
  421: GRPC.notFound,
  429: GRPC.resourceExhausted,
  431: GRPC.resourceExhausted,
  500: GRPC.internal,
  501: GRPC.unimplemented,
  502: GRPC.unavailable,
  503: GRPC.unavailable,
  504: GRPC.deadlineExceeded,
  508: GRPC.internal,
};

/** How a model's gRPC status counts among statuses of HTTP, by its number (the comments of google/rpc/code.proto). */
const AS_HTTP = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

/** `application/grpc`, alone or with `+proto` and the like; `application/grpc-web` is plain HTTP (grpc/grpc `doc/PROTOCOL-HTTP2.md`). */
export function isGrpcType(contentType: string): boolean {
  return /^application\/grpc(?:$|[+; ])/i.test(contentType);
}

/** The status that stands in records for a gRPC status, which travels behind an HTTP status that is always 200. */
export function httpStatusOfGrpc(grpcStatus: string): number {
  return (/^\d{1,2}$/.test(grpcStatus) ? AS_HTTP[Number(grpcStatus)] : undefined) ?? 500;
}

export function grpcStatusOfAnswer(answer: GatewayAnswer): number {
  // A prediction that took too long stays a deadline, whatever status the endpoint maps it to.
  if (answer.reason === 'model_timeout') return GRPC.deadlineExceeded;
  return BY_HTTP_STATUS[statusOf(answer)] ?? GRPC.unknown;
}

/** The status of a call whose answer breaks off. */
export function grpcStatusOfCut(reason: GatewayReason): { status: number; message: string } {
  if (reason === 'model_timeout')
    return { status: GRPC.deadlineExceeded, message: 'The deadline of the call has passed.' };
  if (reason === 'too_large') return { status: GRPC.resourceExhausted, message: 'The messages are too large.' };
  if (reason === 'unauthorized')
    return { status: GRPC.unauthenticated, message: 'The key or token of the call is no longer accepted.' };
  return { status: GRPC.unavailable, message: 'The model broke its answer off.' };
}

/** Percent-encodes a `grpc-message`: visible ASCII and spaces stay (grpc/grpc `doc/PROTOCOL-HTTP2.md`). */
export function encodeGrpcMessage(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((octet) =>
      octet >= 0x20 && octet <= 0x7e && octet !== 0x25
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** Milliseconds of a `grpc-timeout`; null where there is none that could be read, which then is left to the model. */
export function parseGrpcTimeout(value: string | null): number | null {
  const match = /^(\d{1,8})([HMSmun])$/.exec(value ?? '');
  return match === null ? null : Number(match[1]) * (UNIT_MS[match[2] as string] as number);
}
