import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { decideBackOff } from '#server/domain/restart-back-off.ts';
import type { InstanceExit, ObservedInstance } from '../runtime-driver.ts';
import { instanceExitSchema, programSpecSchema } from './instance-schemas.ts';

/**
 * What every driver that starts programs writes down about an instance before and after every step, so that one that is killed at any instant
 * knows on its next start what it meant to do. `stopping` is a removal to be finished.
 */
export const supervisedRecordSchema = z.object({
  version: z.literal(1),
  spec: programSpecSchema,
  phase: z.enum(['starting', 'running', 'backing_off', 'stopping']),
  /** Rises with every start of the program. */
  generation: z.number().int(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  restarts: z.number().int(),
  /** Starts in a row that did not last; decides the back-off. */
  quickExits: z.number().int(),
  /** Epoch milliseconds of the next start while backing off. */
  nextStartAt: z.number(),
  lastExit: instanceExitSchema.nullable(),
  /** Kept so that an adopted instance serves on while its first probe after adoption is under way. */
  ready: z.boolean(),
});

export type SupervisedRecord = z.infer<typeof supervisedRecordSchema>;

/** Of an instance that is about to be started for the first time. */
export function freshSupervision(createdAt: string): Omit<SupervisedRecord, 'spec'> {
  return {
    version: 1,
    phase: 'starting',
    generation: 0,
    createdAt,
    startedAt: null,
    restarts: 0,
    quickExits: 0,
    nextStartAt: 0,
    lastExit: null,
    ready: false,
  };
}

/** The record, or null when there is none: its folder was being made or removed when a driver was killed. */
export async function readSupervisedRecord<Kept>(path: string, schema: z.ZodType<Kept>): Promise<Kept | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`The state of an instance cannot be read: ${path}`, { cause: error });
  }
}

/** Epoch milliseconds; of the last start, or of the record before there was one. */
export function startedAtMs(record: SupervisedRecord): number {
  return Date.parse(record.startedAt ?? record.createdAt);
}

export interface NextStart {
  change: Pick<SupervisedRecord, 'phase' | 'ready' | 'lastExit' | 'quickExits' | 'restarts' | 'nextStartAt'>;
  delayMs: number;
  /** For the instance's log. */
  words: string;
}

/** What an end means for the record: the program is started again, later and later while its runs stay short. */
export function decideNextStart(
  record: SupervisedRecord,
  lastExit: InstanceExit,
  ranMs: number,
  nowMs: number,
): NextStart {
  const { quickExits, delayMs } = decideBackOff(record.quickExits, ranMs);
  return {
    change: {
      phase: 'backing_off',
      ready: false,
      lastExit,
      quickExits,
      restarts: record.restarts + 1,
      nextStartAt: nowMs + delayMs,
    },
    delayMs,
    words: `${lastExit.reason}; starting again${delayMs === 0 ? '' : ` in ${delayMs / 1000} s`}`,
  };
}

/** What an observation says word for word as the record does. */
export function observeRecord(
  record: SupervisedRecord,
): Pick<
  ObservedInstance,
  'instanceId' | 'endpoint' | 'deployment' | 'specHash' | 'generation' | 'startedAt' | 'restarts' | 'lastExit'
> {
  const { instanceId, endpoint, deployment, specHash } = record.spec;
  const { generation, startedAt, restarts, lastExit } = record;
  return { instanceId, endpoint, deployment, specHash, generation, startedAt, restarts, lastExit };
}
