import type { FastifyRequest } from 'fastify';
import type { Actor } from '#server/domain/actor.ts';
import { authenticateApiKey, authenticateStudioUser, isSameSecret } from '#server/identity/authenticate-api-key.ts';
import { AppError } from '#server/kernel/app-error.ts';

export const USER_HEADER = 'x-viridian-user';

export interface AuthenticationDependencies {
  database: Parameters<typeof authenticateApiKey>[0];
  /** Secret that the studio and this process share; null where there is no studio. */
  studioToken: string | null;
  now(): number;
}

/** Tells who calls: an API key, or the studio speaking for the person who is signed in. */
export function createRequestAuthentication({ database, studioToken, now }: AuthenticationDependencies) {
  const isStudio = (bearer: string): boolean => studioToken !== null && isSameSecret(bearer, studioToken);
  return {
    async authenticate(request: FastifyRequest): Promise<Actor> {
      const bearer = bearerOf(request);
      if (!isStudio(bearer)) return authenticateApiKey(database, bearer, now());
      const user = request.headers[USER_HEADER];
      if (typeof user !== 'string') throw new AppError('auth.required', 'Sign in first.');
      return authenticateStudioUser(database, user);
    },
    authenticateStudio(request: FastifyRequest): void {
      if (!isStudio(bearerOf(request))) throw new AppError('auth.required', 'Only the studio may call this.');
    },
  };
}

function bearerOf(request: FastifyRequest): string {
  const value = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (value === undefined) throw new AppError('auth.required', 'Send Authorization: Bearer <API key>.');
  return value;
}
