import type { BuildRecord, BuildRequest, BuildState, EnvironmentBuilder } from '#server/domain/environment-build.ts';

export interface FakeBuilder extends EnvironmentBuilder {
  /** Every request that began a build, in order. */
  readonly begun: readonly BuildRequest[];
  /** Ends or moves on what is being built under a key. */
  become(key: string, state: BuildState): void;
  /** Forgets what was built, as if somebody had removed it. */
  lose(key: string): void;
  readonly retained: ReadonlySet<string>;
}

/** Builds in memory; a test says when they end and how. */
export function createFakeBuilder(): FakeBuilder {
  const records = new Map<string, BuildRecord>();
  const begun: BuildRequest[] = [];
  const listeners = new Set<(key: string) => void>();
  let retained: ReadonlySet<string> = new Set();
  const set = (record: BuildRecord): BuildState => {
    records.set(record.key, record);
    for (const listener of listeners) listener(record.key);
    return record.state;
  };
  return {
    begun,
    get retained() {
      return retained;
    },
    start: async () => undefined,
    stop: async () => undefined,
    async ensure(request) {
      const { key, runtime, attempt } = request;
      const known = records.get(key);
      if (known !== undefined && (known.state.kind !== 'failed' || known.attempt === attempt)) return known.state;
      begun.push(request);
      const state: BuildState = { kind: 'building', startedAt: 1, step: 'Waiting', progress: null };
      return set({ key, runtime, attempt, state, startedAt: 1, finishedAt: null, sizeBytes: null, packages: [] });
    },
    find: async (key) => records.get(key) ?? null,
    become(key, state) {
      const known = records.get(key);
      if (known === undefined) throw new Error(`Nobody asked for ${key}.`);
      set({ ...known, state, finishedAt: state.kind === 'building' ? null : 2 });
    },
    lose: (key) => void records.delete(key),
    readLog: async () => [{ cursor: '1', at: '2026-01-01T00:00:00.000Z', text: 'Step 1' }],
    followLog: async () => undefined,
    async retain(keys) {
      retained = keys;
    },
    onHint(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
