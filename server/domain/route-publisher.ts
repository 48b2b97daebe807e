/** What the gateway's workers serve. */
export interface RouteConfirmation {
  /** Revision of the newest published route table. */
  revision: number;
  /** Live workers that serve it. */
  confirmed: number;
  total: number;
}

/** Port through which commands make a change of routes true before they answer. */
export interface RoutePublisher {
  /**
   * Compiles the route table from the committed state, publishes it when it differs from the last one, and waits until every live worker
   * serves it or the time is over. `confirmed < total`, or `total` 0, means that it was not confirmed; the publisher goes on by itself.
   */
  publishAndConfirm(timeoutMs: number): Promise<RouteConfirmation>;
  /** What is known now, without waiting. */
  current(): RouteConfirmation;
}

export function isConfirmed(confirmation: RouteConfirmation): boolean {
  return confirmation.total > 0 && confirmation.confirmed === confirmation.total;
}
