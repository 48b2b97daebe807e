import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleLine, RuntimeDriver } from '../runtime-driver.ts';
import { isAfter, type StampedLine } from './console-line.ts';
import { newestLines } from './log-segments.ts';

/** Most lines that one read returns, and that a follower is caught up by. */
const MAX_TAIL = 10_000;

/** Instances that are gone keep their logs; of each deployment the newest this many. */
const KEPT_INSTANCES = 20;

type Listener = (line: ConsoleLine) => void;

/** The stamped logs of all instances, there or gone, and who follows them. */
export interface ConsoleStore {
  folderOf(endpoint: string, deployment: string, instanceId: string): string;
  publish(endpoint: string, deployment: string, line: ConsoleLine): void;
  read: RuntimeDriver['readLogs'];
  follow: RuntimeDriver['followLogs'];
  pruneDeployment(endpoint: string, deployment: string, present: ReadonlySet<string>): Promise<void>;
  /** Deployments that there are logs of. */
  list: RuntimeDriver['listKept'];
  forget: RuntimeDriver['forgetDeployment'];
}

export function createConsoleStore(logsDir: string): ConsoleStore {
  const listeners = new Map<string, Set<Listener>>();
  const deploymentDir = (endpoint: string, deployment: string): string => join(logsDir, endpoint, deployment);

  const read: ConsoleStore['read'] = async (endpoint, deployment, instanceId, options) => {
    const root = deploymentDir(endpoint, deployment);
    // Only names that are there: an id comes from a caller and must not lead out of the folder.
    const names = await readdir(root).catch(() => []);
    const instances = names.filter((name) => instanceId === null || name === instanceId);
    const tail = Math.min(Math.max(0, options.tail), MAX_TAIL);
    if (tail === 0) return [];
    const limits = { tail, since: options.since, after: options.after };
    const lists = await Promise.all(instances.map((id) => newestLines(join(root, id), id, limits)));
    return lists
      .flat()
      .toSorted((a, b) => (isAfter(a.cursor, b.cursor) ? 1 : -1))
      .slice(-tail)
      .map(withoutPosition);
  };

  const follow: ConsoleStore['follow'] = async (endpoint, deployment, instanceId, after, onLine, signal) => {
    // Listening begins before reading: what arrives in between comes twice and is told apart by its cursor.
    const early: ConsoleLine[] = [];
    let deliver: Listener = (line) => early.push(line);
    let last = after ?? '';
    const listener: Listener = (line) => {
      if (instanceId === null || line.instanceId === instanceId) deliver(line);
    };
    const key = `${endpoint}/${deployment}`;
    const set = listeners.get(key) ?? new Set();
    listeners.set(key, set.add(listener));
    try {
      const pass: Listener = (line) => {
        if (!isAfter(line.cursor, last) || signal.aborted) return;
        last = line.cursor;
        onLine(line);
      };
      const known = after === null ? [] : await read(endpoint, deployment, instanceId, { tail: MAX_TAIL, after });
      for (const line of [...known, ...early]) pass(line);
      deliver = pass;
      await aborted(signal);
    } finally {
      set.delete(listener);
      if (set.size === 0) listeners.delete(key);
    }
  };

  async function pruneDeployment(endpoint: string, deployment: string, present: ReadonlySet<string>): Promise<void> {
    const root = deploymentDir(endpoint, deployment);
    const gone = (await readdir(root).catch(() => [])).filter((id) => !present.has(id));
    if (gone.length <= KEPT_INSTANCES) return;
    const dated = await Promise.all(gone.map(async (id) => ({ id, at: (await stat(join(root, id))).mtimeMs })));
    const old = dated.toSorted((a, b) => b.at - a.at).slice(KEPT_INSTANCES);
    for (const { id } of old) await rm(join(root, id), { recursive: true, force: true });
  }

  return {
    folderOf: (endpoint, deployment, instanceId) => join(deploymentDir(endpoint, deployment), instanceId),
    publish(endpoint, deployment, line) {
      for (const listener of listeners.get(`${endpoint}/${deployment}`) ?? []) listener(line);
    },
    read,
    follow,
    pruneDeployment,
    async list() {
      const kept: { endpoint: string; deployment: string }[] = [];
      for (const endpoint of await readdir(logsDir).catch(() => [])) {
        const deployments = await readdir(join(logsDir, endpoint)).catch(() => []);
        kept.push(...deployments.map((deployment) => ({ endpoint, deployment })));
      }
      return kept;
    },
    async forget(endpoint, deployment) {
      await rm(deploymentDir(endpoint, deployment), { recursive: true, force: true });
      // The endpoint's folder goes with its last deployment.
      const rest = await readdir(join(logsDir, endpoint)).catch(() => null);
      if (rest?.length === 0) await rm(join(logsDir, endpoint), { recursive: true, force: true });
    },
  };
}

function withoutPosition({ position: _position, ...line }: StampedLine): ConsoleLine {
  return line;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
