import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { CommandContext } from './command-context.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

/**
 * Answers a caller that asks for a token: endpoints are called with keys, so there are none.
 * @throws AppError `endpoint.no_tokens`, or `endpoint.not_found`
 */
export async function issueEndpointToken(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  name: string,
): Promise<never> {
  authorize(actor, 'endpoint.issue_token', endpointPath(name));
  const endpoint = await findEndpointOrRefuse(context.database, name);
  throw new AppError('endpoint.no_tokens', `Endpoint "${endpoint.name}" is called with a key. Read it from /keys.`);
}
