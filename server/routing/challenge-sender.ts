import { randomUUID } from 'node:crypto';
import type { Challenge, ToGateway } from './gateway-link.ts';

/** Workers take a moment; more than this means that there is no gateway. */
const CONFIRM_LIMIT_MS = 10_000;

/** Has the gateway answer challenges, and knows when it does. */
export interface ChallengeSender {
  /**
   * Resolves when every worker answers these challenges and no others.
   * @throws when the gateway does not confirm in 10 s
   */
  answer(challenges: readonly Challenge[]): Promise<void>;
  /** The gateway has confirmed. */
  onConfirmed(id: string): void;
}

export function createChallengeSender(send: (frame: ToGateway) => void): ChallengeSender {
  const waiting = new Map<string, () => void>();
  return {
    answer(challenges) {
      const id = randomUUID();
      const confirmed = Promise.withResolvers<void>();
      const limit = setTimeout(
        () => confirmed.reject(new Error('The gateway did not confirm that it answers the challenge.')),
        CONFIRM_LIMIT_MS,
      );
      waiting.set(id, confirmed.resolve);
      send({ type: 'challenges', id, challenges: [...challenges] });
      return confirmed.promise.finally(() => {
        clearTimeout(limit);
        waiting.delete(id);
      });
    },
    onConfirmed: (id) => waiting.get(id)?.(),
  };
}
