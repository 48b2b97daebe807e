import { rm } from 'node:fs/promises';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import type { ResolvedPorts } from './resolve-ports.ts';

export interface ProcessPids {
  supervisor: number;
  studio: number | null;
  control_plane: number | null;
  gateway: number | null;
  gateway_workers: number[];
  telemetry: number | null;
}

/** Keeps `run/ports.json` true: every change is written whole, one write at a time, the newest state last. */
export function createPortsFile(path: string, ports: ResolvedPorts) {
  const pids: ProcessPids = {
    supervisor: process.pid,
    studio: null,
    control_plane: null,
    gateway: null,
    gateway_workers: [],
    telemetry: null,
  };
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  const write = (): Promise<void> => {
    writing = writing.then(() =>
      closed ? undefined : writeFileDurably(path, `${JSON.stringify({ ...ports, pids })}\n`),
    );
    return writing;
  };

  return {
    update(change: Partial<ProcessPids>): Promise<void> {
      Object.assign(pids, change);
      return write();
    },
    async remove(): Promise<void> {
      closed = true;
      await writing;
      await rm(path, { force: true });
    },
  };
}
