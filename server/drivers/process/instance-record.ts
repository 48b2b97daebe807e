import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import type { InstanceSpec } from '../runtime-driver.ts';
import { freshSupervision, readSupervisedRecord, supervisedRecordSchema } from '../supervision/supervised-record.ts';

/** `starting` without a process is an intent. */
const instanceRecordSchema = supervisedRecordSchema.extend({
  port: z.number().int(),
  /** Of programs that take calls of gRPC at a port of its own. */
  grpcPort: z.number().int().exactOptional(),
  process: z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() }).nullable(),
});

export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

/** Of an instance that is about to be started. */
export function freshRecord(spec: InstanceSpec, createdAt: string): InstanceRecord {
  return {
    ...freshSupervision(createdAt),
    spec: { ...spec, command: [...spec.command], environment: { ...spec.environment } },
    port: 0,
    process: null,
  };
}

/** Those that it was given; none before its first start. */
export function portsOf({ port, grpcPort }: InstanceRecord): number[] {
  if (port === 0) return [];
  return grpcPort === undefined ? [port] : [port, grpcPort];
}

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

export function readRecord(files: InstanceFiles): Promise<InstanceRecord | null> {
  return readSupervisedRecord(files.record, instanceRecordSchema);
}
