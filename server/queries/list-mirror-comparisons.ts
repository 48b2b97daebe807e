import type { MirrorComparisons } from '#lib/contracts/mirror-comparison.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ComparisonSource } from '#server/domain/ports.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { fillRange, type OpenRange } from './fill-range.ts';
import type { QueryContext } from './query-context.ts';

const DEFAULT_SPAN_MS = 24 * 3_600_000;

/**
 * How the answers of an endpoint's mirrors compare with the live ones, and the newest pairs that disagree; of the last day where no range is given.
 * What was compared under the name of an earlier endpoint is left out.
 * @throws AppError `endpoint.not_found`, `request.invalid`, `telemetry.unavailable`
 */
export async function listMirrorComparisons(
  context: Pick<QueryContext, 'database' | 'clock'> & { comparisons: ComparisonSource },
  actor: Actor,
  name: string,
  { limit, ...range }: OpenRange & { limit: number },
): Promise<MirrorComparisons> {
  authorize(actor, 'comparison.read', endpointPath(name));
  const endpoint = await findEndpointOrRefuse(context.database, name);
  const { from, to } = fillRange(range, context.clock.now(), DEFAULT_SPAN_MS);
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (fromMs >= toMs) {
    const message = 'must be before "to"';
    throw new AppError('request.invalid', `"from" ${message}.`, { errors: [{ path: '?from', message }] });
  }
  const query = { endpoint: endpoint.name, from: Math.max(fromMs, endpoint.createdAt), to: toMs, limit };
  return { ...(await context.comparisons.queryComparisons(query)), from, to };
}
