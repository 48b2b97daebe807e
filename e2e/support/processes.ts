import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';

export interface InstanceProcess {
  pid: number;
  /** Its folder among the instances', named after its id. */
  folder: string;
  /** Port it was told to serve on. */
  port: number | null;
}

/** Processes of this host that run in the instances' folder of a data directory, read from the kernel and not from the product. */
export function listInstanceProcesses(dataDir: string): InstanceProcess[] {
  const home = join(dataDir, 'instances');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const folder = readlinkSync(`/proc/${name}/cwd`);
        if (!folder.startsWith(home)) return [];
        const port = /(?:^|\0)PORT=(\d+)/.exec(readFileSync(`/proc/${name}/environ`, 'latin1'))?.[1];
        return [{ pid: Number(name), folder: basename(folder), port: port === undefined ? null : Number(port) }];
      } catch {
        // It ended while it was looked at.
        return [];
      }
    });
}

/** Whether anybody accepts connections on a loopback port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
