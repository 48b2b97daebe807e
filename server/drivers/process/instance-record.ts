import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { instanceExitSchema, programSpecSchema } from '../supervision/instance-schemas.ts';

/**
 * What is written down about an instance before and after every step, so that a driver that is killed at any instant knows on its next start
 * what it meant to do. `starting` without a process is an intent; `stopping` is a removal to be finished.
 */
export const instanceRecordSchema = z.object({
  version: z.literal(1),
  spec: programSpecSchema,
  phase: z.enum(['starting', 'running', 'backing_off', 'stopping']),
  /** Rises with every start of the program. */
  generation: z.number().int(),
  port: z.number().int(),
  process: z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() }).nullable(),
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

export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

/** The files that the driver keeps beside an instance's own; the instance's working directory is their parent. */
export interface InstanceFiles {
  root: string;
  record: string;
  stdout: string;
  stderr: string;
  temporary: string;
  /** Touched while the program lives, so that an end nobody saw can be dated. */
  alive: string;
  claim(generation: number): string;
}

export function instanceFiles(root: string): InstanceFiles {
  const own = join(root, '.viridian');
  return {
    root,
    record: join(own, 'instance.json'),
    stdout: join(own, 'stdout.raw'),
    stderr: join(own, 'stderr.raw'),
    temporary: join(root, 'tmp'),
    alive: join(own, 'alive'),
    claim: (generation) => join(own, `claim.${generation}`),
  };
}

export async function makeInstanceFolders(files: InstanceFiles): Promise<void> {
  await mkdir(join(files.root, '.viridian'), { recursive: true, mode: 0o700 });
  await mkdir(files.temporary, { recursive: true, mode: 0o700 });
}

export async function writeRecord(files: InstanceFiles, record: InstanceRecord): Promise<void> {
  await writeFileDurably(files.record, JSON.stringify(record));
}

/** The record, or null when there is none that can be read: such a folder was being made or removed when its driver was killed. */
export async function readRecord(files: InstanceFiles): Promise<InstanceRecord | null> {
  try {
    return instanceRecordSchema.parse(JSON.parse(await readFile(files.record, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`The state of an instance cannot be read: ${files.record}`, { cause: error });
  }
}
