import type { SeriesLook } from '#components/charts/chart-series.ts';
import { deploymentLook } from './series-looks.ts';

/** Why the gateway itself answered; `reasons` are those of the request records. */
export interface ProblemCause {
  readonly id: string;
  readonly label: string;
  readonly reasons: readonly string[];
  readonly look: SeriesLook;
}

/** Names short enough for a legend: the status that most of a cause's requests got, and what was in the way. */
const CAUSES: readonly (readonly [label: string, ...reasons: string[]])[] = [
  ['401 no key', 'unauthorized'],
  ['403 not allowed', 'forbidden'],
  ['404 no deployment', 'no_deployment', 'no_route'],
  ['4xx bad request', 'bad_request', 'too_large'],
  ['429 limit', 'rate_limited', 'concurrency_limited', 'bad_keys'],
  ['429 queue full', 'queue_full', 'queue_timeout'],
  ['503 no instance', 'no_instance'],
  ['502 unreachable', 'connect_failed', 'connect_timeout', 'bad_response', 'upstream_closed'],
  ['504 too slow', 'model_timeout'],
  ['499 caller left', 'client_gone'],
  ['500 gateway', 'internal'],
];

/** Colours repeat after six: a chart that shows more causes at once tells them apart by dash and in its table. */
export const PROBLEM_CAUSES: readonly ProblemCause[] = CAUSES.map(([label, ...reasons], index) => ({
  id: reasons[0] as string,
  label,
  reasons,
  look: deploymentLook((index % 6) + 1),
}));

/** Requests that a cause turned away, bucket by bucket; null where nothing was measured at all. */
export function countsOfCause(
  cause: ProblemCause,
  byReason: ReadonlyMap<string, readonly (number | null)[]>,
  buckets: number,
): (number | null)[] {
  const all = [...byReason.values()];
  return Array.from({ length: buckets }, (_, bucket) => {
    if (all.every((counts) => counts[bucket] == null)) return null;
    return cause.reasons.reduce((sum, reason) => sum + (byReason.get(reason)?.[bucket] ?? 0), 0);
  });
}
