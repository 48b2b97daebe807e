import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { programSpecSchema } from '../supervision/instance-schemas.ts';
import { freshSupervision, readSupervisedRecord, supervisedRecordSchema } from '../supervision/supervised-record.ts';
import type { ContainerInstanceSpec } from './make-container.ts';

const containerSpecSchema = z.object({
  imageId: z.string(),
  imageName: z.string(),
  port: z.number().int(),
  grpcPort: z.number().int().exactOptional(),
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

/** `starting` is an intent to have the container of this generation: each start has one of its own. Known also while the engine is down. */
const containerRecordSchema = supervisedRecordSchema.extend({
  spec: programSpecSchema.extend({ container: containerSpecSchema }),
  running: runningSchema.nullable(),
  gpuDevices: z.array(z.string()),
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
    ...freshSupervision(createdAt),
    spec: {
      ...program,
      command: [...spec.command],
      environment: { ...spec.environment },
      container: { ...container, mounts: container.mounts.map((mount) => ({ ...mount })) },
    },
    generation: earlier,
    running: null,
    gpuDevices: [...gpuDevices],
  };
}

export function recordPath(folder: string, instanceId: string): string {
  return join(folder, instanceId, 'container.json');
}

export async function writeRecord(path: string, record: ContainerRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileDurably(path, JSON.stringify(record));
}

export function readRecord(path: string): Promise<ContainerRecord | null> {
  return readSupervisedRecord(path, containerRecordSchema);
}
