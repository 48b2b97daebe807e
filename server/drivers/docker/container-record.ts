import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { instanceExitSchema, programSpecSchema } from '../supervision/instance-schemas.ts';
import type { ContainerInstanceSpec } from './make-container.ts';

const containerSpecSchema = z.object({
  imageId: z.string(),
  imageName: z.string(),
  port: z.number().int(),
  mounts: z.array(z.object({ source: z.string(), target: z.string() })),
  readOnlyRoot: z.boolean(),
  user: z.string().nullable(),
  gpus: z.number().int(),
  egress: z.boolean(),
});

/** What is known of a container that has been started. */
const runningSchema = z.object({
  id: z.string(),
  host: z.string(),
  /** Where its port, and those that only probes ask, are reached. */
  ports: z.array(z.tuple([z.number().int(), z.number().int()])),
  /** On the engine's host. */
  pid: z.number().int(),
  /** Of this host: after another boot nothing that ran before does. */
  bootId: z.string(),
});

/**
 * What is written down about an instance before and after every step, so that a driver that is killed at any instant knows on its next start what it
 * meant to do, also while the engine is down. `starting` is an intent to have the container of this generation; `stopping` is a removal to be finished.
 */
const containerRecordSchema = z.object({
  version: z.literal(1),
  spec: programSpecSchema.extend({ container: containerSpecSchema }),
  phase: z.enum(['starting', 'running', 'backing_off', 'stopping']),
  /** Rises with every start of the program; each has a container of its own. */
  generation: z.number().int(),
  running: runningSchema.nullable(),
  gpuDevices: z.array(z.string()),
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

export type ContainerRecord = z.infer<typeof containerRecordSchema>;
export type RunningContainer = z.infer<typeof runningSchema>;

/**
 * Of an instance that is about to be started.
 * @param earlier generation of a container that runs already; 0 for none
 */
export function freshRecord(
  spec: ContainerInstanceSpec,
  gpuDevices: readonly string[],
  earlier: number,
  createdAt: string,
): ContainerRecord {
  const { external: _none, container, ...program } = spec;
  return {
    version: 1,
    spec: {
      ...program,
      command: [...spec.command],
      environment: { ...spec.environment },
      container: { ...container, mounts: container.mounts.map((mount) => ({ ...mount })) },
    },
    phase: 'starting',
    generation: earlier,
    running: null,
    gpuDevices: [...gpuDevices],
    createdAt,
    startedAt: null,
    restarts: 0,
    quickExits: 0,
    nextStartAt: 0,
    lastExit: null,
    ready: false,
  };
}

export function recordPath(folder: string, instanceId: string): string {
  return join(folder, instanceId, 'container.json');
}

export async function writeRecord(path: string, record: ContainerRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileDurably(path, JSON.stringify(record));
}

/** The record, or null when there is none: its folder was being made or removed when a driver was killed. */
export async function readRecord(path: string): Promise<ContainerRecord | null> {
  try {
    return containerRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`The state of an instance cannot be read: ${path}`, { cause: error });
  }
}
