import type { EndpointToken } from '#lib/contracts/endpoint.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { signJwt } from '#server/kernel/ed25519-jwt.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import {
  TOKEN_LIFETIME_SECONDS,
  TOKEN_REFRESH_AFTER_SECONDS,
  tokenAudience,
} from '#server/domain/token-signing-key.ts';
import { authorize } from '#server/identity/authorize.ts';
import { openTokenSigningKey } from '#server/secrets/token-signing-key-pair.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import type { CommandContext } from './command-context.ts';
import { ensureSigningKey } from './ensure-signing-key.ts';

type IssueContext = Pick<CommandContext, 'database' | 'masterKey' | 'routes'>;

/**
 * Issues a token that opens one endpoint for an hour. Written into the audit log first: no entry, no token.
 * @throws AppError `endpoint.no_tokens`, `endpoint.not_found`, or `traffic.not_confirmed` before the gateway knows the first signing key
 */
export async function issueEndpointToken(context: IssueContext, actor: Actor, name: string): Promise<EndpointToken> {
  const object = endpointPath(name);
  authorize(actor, 'endpoint.issue_token', object);
  const endpoint = await context.database.transact(async (transaction) => {
    const found = await findLiveEndpointOrRefuse(transaction, name);
    refuseWithoutTokens(found);
    await recordAudit(transaction, { actor, action: 'endpoint.issue_token', object });
    return found;
  });
  return signEndpointToken(context, actor, endpoint);
}

/** A token for whoever acts, without looking at what they may do. */
export async function signEndpointToken(
  context: IssueContext,
  actor: Actor,
  endpoint: Pick<EndpointRecord, 'uid'>,
): Promise<EndpointToken> {
  const { key, issuer, now } = await ensureSigningKey(context);
  const issuedAt = Math.floor(now / 1000);
  const expiresAt = issuedAt + TOKEN_LIFETIME_SECONDS;
  const token = signJwt(openTokenSigningKey(context.masterKey, key), key.kid, {
    iss: issuer,
    aud: tokenAudience(endpoint.uid),
    sub: `${actor.kind}:${actor.id}`,
    iat: issuedAt,
    nbf: issuedAt,
    exp: expiresAt,
  });
  return {
    access_token: token,
    expiry_time_utc: expiresAt,
    refresh_after_time_utc: issuedAt + TOKEN_REFRESH_AFTER_SECONDS,
    token_type: 'Bearer',
  };
}

function refuseWithoutTokens({ name, authMode }: EndpointRecord): void {
  if (authMode === 'aml_token') return;
  throw new AppError('endpoint.no_tokens', `Endpoint "${name}" is called with a key. Read it from /keys.`);
}
