import type { SeriesLook } from '#components/charts/chart-series.ts';
import { deploymentLook } from './series-looks.ts';

/** Why the gateway itself answered, in the words of whoever has to mend it. `reasons` are those of the request records. */
export interface ProblemCause {
  readonly id: string;
  readonly label: string;
  readonly reasons: readonly string[];
  readonly look: SeriesLook;
}

const CAUSES: readonly (readonly [label: string, ...reasons: string[]])[] = [
  ['No valid key or token (401)', 'unauthorized'],
  ['Not allowed from there (403)', 'forbidden'],
  ['Request malformed or too large (4xx)', 'bad_request', 'too_large', 'no_deployment', 'no_route'],
  ['Limit of the endpoint or key (429)', 'rate_limited', 'concurrency_limited'],
  ['Queue full or waited too long (429, 503)', 'queue_full', 'queue_timeout'],
  ['No instance ready (503)', 'no_instance'],
  ['Instance unreachable or broke off (502)', 'connect_failed', 'connect_timeout', 'bad_response', 'upstream_closed'],
  ['Model too slow (504)', 'model_timeout'],
  ['Caller left early', 'client_gone'],
  ['Fault of the gateway (500)', 'internal'],
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
