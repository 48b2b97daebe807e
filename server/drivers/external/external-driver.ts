import type { ExternalServers } from '#server/domain/external-server.ts';
import type { Clock } from '#server/kernel/clock.ts';
import type { EnsureOutcome, InstanceSpec, RuntimeDriver } from '../runtime-driver.ts';
import { createNoteLog } from './note-log.ts';
import { type KeptServer, type ServerWatch, type WatchDeps, watchServer, type WatchSpec } from './watch-server.ts';

export interface ExternalDriverOptions {
  servers: ExternalServers;
  clock: Clock;
  /** What was watched when the control plane stopped, as the store knows it. */
  remembered: () => Promise<readonly KeptServer[]>;
  onError: (what: string, error: unknown) => void;
  /** How often names are resolved anew; half a minute where it is left out. */
  resolveMs?: number;
}

const RESOLVE_MS = 30_000;

/** Watches servers that run elsewhere as if they were instances: nothing is started, stopped or measured. */
export function createExternalDriver(options: ExternalDriverOptions): RuntimeDriver {
  const { servers, clock, resolveMs = RESOLVE_MS } = options;
  const watches = new Map<string, ServerWatch>();
  const listeners = new Set<(endpoint: string) => void>();
  const notes = createNoteLog(clock);

  const deps: WatchDeps = {
    servers,
    clock,
    resolveMs,
    note: ({ endpoint, deployment, instanceId }, text) => notes.add(`${endpoint}/${deployment}`, instanceId, text),
    onHint(endpoint) {
      for (const listener of listeners) listener(endpoint);
    },
  };

  async function start(): Promise<void> {
    for (const kept of await options.remembered()) {
      try {
        const watch = watchServer(deps, kept);
        watches.set(kept.spec.instanceId, watch);
        await watch.adopt();
      } catch (error) {
        options.onError(`external server ${kept.spec.external.url}`, error);
      }
    }
  }

  async function ensure(spec: InstanceSpec): Promise<EnsureOutcome> {
    if (!isWatchSpec(spec)) throw new Error(`Instance ${spec.instanceId} is a program.`);
    const known = watches.get(spec.instanceId);
    if (known?.spec.specHash === spec.specHash) return { kind: 'unchanged' };
    const watch = watchServer(deps, { ...UNSEEN, spec });
    const outcome = await watch.begin();
    if (outcome.kind === 'refused') return outcome;
    known?.stop();
    watches.set(spec.instanceId, watch);
    return outcome;
  }

  async function remove(instanceId: string): Promise<void> {
    const watch = watches.get(instanceId);
    if (watch === undefined) return;
    watch.stop();
    watches.delete(instanceId);
    deps.note(watch.spec, 'not watched any more');
    deps.onHint(watch.spec.endpoint);
  }

  return {
    name: 'external',
    memoryLimitBy: 'none',
    start,
    async stop() {
      for (const watch of watches.values()) watch.stop();
    },
    suspend: async () => undefined,
    ensure,
    remove,
    observe: async () => [...watches.values()].map((watch) => watch.observe()),
    check: (instanceId) => watches.get(instanceId)?.check(),
    sample: async () => [],
    readLogs: async (endpoint, deployment, instanceId, read) =>
      notes.read(`${endpoint}/${deployment}`, instanceId, read),
    followLogs: (endpoint, deployment, instanceId, after, onLine, signal) =>
      notes.follow(`${endpoint}/${deployment}`, instanceId, after, onLine, signal),
    listKept: async () => notes.list(),
    forgetDeployment: async (endpoint, deployment) => notes.forget(`${endpoint}/${deployment}`),
    onHint(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const UNSEEN = { address: null, generation: 0, startedAt: null, restarts: 0, lastExit: null, ready: false } as const;

function isWatchSpec(spec: InstanceSpec): spec is WatchSpec {
  return spec.external !== undefined;
}
