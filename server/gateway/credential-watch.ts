import { type AcceptedKey, CLOCK_SKEW_SECONDS } from './authenticate.ts';
import type { RouteIndex } from './route-index.ts';
import type { VerifiedToken } from './verify-token.ts';

/** What opened an endpoint for a request. */
export type Credential = AcceptedKey | VerifiedToken;

/**
 * Tells whether what opened an endpoint would still open it, for answers and tunnels that go on long after. The table is looked at only when there
 * is another one.
 */
export class CredentialWatch {
  private readonly routes: RouteIndex;
  private readonly endpoint: string;
  private readonly credential: Credential;
  /** Of the table that was looked at last: the one that opened the endpoint may be gone already. */
  private revision = 0;
  private lapsed = false;

  constructor(routes: RouteIndex, endpoint: string, credential: Credential) {
    this.routes = routes;
    this.endpoint = endpoint;
    this.credential = credential;
  }

  /** @param nowMs of the wall clock, which tokens expire by */
  hasLapsed(nowMs: number): boolean {
    if (this.lapsed) return true;
    const { credential, routes } = this;
    if ('expiresAt' in credential && nowMs / 1000 > credential.expiresAt + CLOCK_SKEW_SECONDS) this.lapsed = true;
    if (this.revision !== routes.revision) {
      this.revision = routes.revision;
      if (!this.opensStill()) this.lapsed = true;
    }
    return this.lapsed;
  }

  /** An endpoint that is deleted takes its instances along, and with them whatever they answer. */
  private opensStill(): boolean {
    const { credential, routes } = this;
    const endpoint = routes.find(this.endpoint);
    if (endpoint === undefined || endpoint.table.auth.mode === 'none') return true;
    if ('digest' in credential) return endpoint.keys.some(({ digest }) => digest.equals(credential.digest));
    const { audience } = endpoint.table.auth;
    return endpoint.takesTokens && audience === credential.audience && routes.verifier.trusts(credential);
  }
}
