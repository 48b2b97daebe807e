import type { Challenge } from '#server/routing/gateway-link.ts';
import type { RequestHead } from '../http1/request-head.ts';

const PREFIX = '/.well-known/acme-challenge/';

/** Answers of this worker to HTTP challenges of an ACME server (RFC 8555 section 8.3). */
export class HttpChallenges {
  private readonly answers = new Map<string, string>();

  /** Answers these and no others. */
  install(challenges: readonly Challenge[]): void {
    this.answers.clear();
    for (const challenge of challenges) {
      if (challenge.kind === 'http-01') this.answers.set(PREFIX + challenge.token, challenge.keyAuthorization);
    }
  }

  /** What to answer a request with, or null where it asks for something else: under any host name, for that is what is to be proved. */
  find(head: RequestHead): string | null {
    if (this.answers.size === 0 || head.method !== 'GET') return null;
    return this.answers.get(head.bytes.toString('latin1', head.pathStart, head.pathEnd)) ?? null;
  }
}
