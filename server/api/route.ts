import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Precondition } from '#server/commands/check-precondition.ts';
import type { Actor } from '#server/domain/actor.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

/** Who may call: `api` an API key or a signed-in user, `studio` only the studio on its own account, `public` anybody. */
export type RouteAuth = 'api' | 'studio' | 'public';

/** What a handler gets, parsed and authenticated. */
export interface RouteInput<Params, Query, Body> {
  actor: Actor;
  params: Params;
  query: Query;
  body: Body;
  /** `If-Match` and `If-None-Match`; without them the last write wins. */
  precondition: Precondition;
  /** `Idempotency-Key` and the request that it stands for; null without one. */
  once: { key: string; route: string } | null;
  requestId: string;
  /** Aborts when the caller leaves or the server closes. */
  signal: AbortSignal;
  /** For routes that stream: the plain request and reply. */
  raw: { request: FastifyRequest; reply: FastifyReply };
}

export interface RouteAnswer {
  status: number;
  /** JSON; its `revision`, where it has one, becomes the ETag. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Returned by handlers that wrote the reply themselves (downloads, event streams, tus). */
export const ANSWERED = Symbol('answered');

export interface RouteDeclaration<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  method: Method;
  /** Below `/api/v1`, in the form `/endpoints/{endpoint}`. */
  path: string;
  auth: RouteAuth;
  summary: string;
  tag: string;
  params?: Params;
  query?: Query;
  /** JSON body; one that takes `undefined` may be left out by the caller. Without a schema the body is left in the stream. */
  body?: Body;
  /** Fields of the body that answers carry and writes ignore, so that GET, edit, PUT works. */
  readOnlyFields?: readonly string[];
  /** Answers `Idempotency-Key` by replaying the first answer; `by_handler` where the body is a stream that only the handler reads. */
  idempotent?: boolean | 'by_handler';
  /** Statuses with the schema of their body; null where there is none or it is no JSON. */
  responses: Readonly<Record<number, z.ZodType | null>>;
  handler: (
    input: RouteInput<z.infer<Params>, z.infer<Query>, z.infer<Body>>,
  ) => Promise<RouteAnswer | typeof ANSWERED>;
}

/** A route of any shape, as lists hold it. */
// oxlint-disable-next-line typescript/no-explicit-any -- declarations of different shapes share a list; each was checked where it was made
export type AnyRoute = RouteDeclaration<any, any, any>;

/** Whether a caller may leave the body out. */
export function isBodyOptional({ body }: AnyRoute): boolean {
  return (body as z.ZodType).safeParse(undefined).success;
}

/** Checks a declaration's types where it is written. */
export function defineRoute<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  declaration: RouteDeclaration<Params, Query, Body>,
): RouteDeclaration<Params, Query, Body> {
  return declaration;
}
