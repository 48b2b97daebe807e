import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { planRetention, type RetentionLimits } from './plan-retention.ts';
import type { Segments } from './segments.ts';

export interface RetentionDeps {
  segments: Segments;
  clock: Clock;
  logger: Logger;
  /** Room on the disk that holds the segments, in bytes. */
  freeBytes: () => Promise<number>;
  limits: RetentionLimits;
}

/**
 * Deletes what is too old, and, where the disk is short, what is finest and oldest.
 * @param missingBytes room to make beyond the reserve
 * @returns how many slices went although they were still promised
 */
export async function applyRetention(deps: RetentionDeps, missingBytes: number): Promise<number> {
  const { segments, clock, logger, freeBytes, limits } = deps;
  const free = await freeBytes();
  const wanted = { ...limits, reserveBytes: limits.reserveBytes + missingBytes };
  const plan = planRetention(segments.slices(), clock.now(), free, wanted);
  for (const slice of [...plan.aged, ...plan.squeezed]) await segments.deleteSlice(slice);
  if (plan.squeezed.length > 0)
    logger.warn({ slices: plan.squeezed.length, free }, 'Telemetry was shortened because the disk is short');
  return plan.squeezed.length;
}
