import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ERROR_CODES } from '#lib/contracts/error-codes.ts';
import type {
  BuildArtifact,
  BuildFailure,
  BuildLogLine,
  BuildPart,
  BuildRecord,
  BuildRequest,
} from '#server/domain/environment-build.ts';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { createBuildLog, parseCursor, readLogLines, type BuildLogWriter } from './build-log.ts';

/** Progress is told at most this often; people cannot read faster, and each hint is a look of the control plane. */
const HINT_EVERY_MS = 300;
const LOG_TAIL_LINES = 30;

const artifactSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('venv'), python: z.string(), pythonVersion: z.string() }),
  z.object({
    kind: z.literal('image'),
    imageId: z.string(),
    digest: z.string().nullable(),
    python: z.string().nullable(),
    exposedPorts: z.array(z.number()),
    entrypoint: z.array(z.string()),
    command: z.array(z.string()),
    user: z.string(),
    architecture: z.string(),
  }),
]);

const storedBuildSchema = z.object({
  key: z.string(),
  runtime: z.enum(['process', 'docker']),
  attempt: z.string(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  sizeBytes: z.number().nullable(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  /** When it was first seen that nobody uses it; null while somebody does. */
  unusedSince: z.number().nullable(),
  /** What only the builder that wrote it understands. */
  facts: z.record(z.string(), z.unknown()),
  state: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('building'),
      startedAt: z.number(),
      step: z.string(),
      progress: z.number().nullable(),
    }),
    z.object({ kind: z.literal('ready'), artifact: artifactSchema, warnings: z.array(z.string()) }),
    z.object({
      kind: z.literal('failed'),
      failure: z.object({ code: z.enum(ERROR_CODES), detail: z.string(), logTail: z.array(z.string()) }),
    }),
  ]),
});

/** A build with what its builder remembers of it. */
export interface StoredBuild extends BuildRecord {
  attempt: string;
  unusedSince: number | null;
  facts: Record<string, unknown>;
}

export interface BuildResult {
  artifact: BuildArtifact;
  warnings: string[];
  sizeBytes: number | null;
  packages: { name: string; version: string }[];
  facts?: Record<string, unknown>;
}

/** One build that is under way; exactly one of `complete`, `fail` and `abandon` ends it. */
export interface BuildJournal {
  /** Adds lines to the log; never waits. */
  line(text: string): void;
  /** What is being done now, in words, and how far: 0 to 1, or null when that cannot be known. Kept in memory only. */
  step(step: string, progress?: number | null, parts?: readonly BuildPart[]): void;
  complete(result: BuildResult): Promise<void>;
  /** Adds the last lines of the log itself. */
  fail(failure: Omit<BuildFailure, 'logTail'>, facts?: Record<string, unknown>): Promise<void>;
  /** Ends a build that neither succeeded nor failed (stopped, engine gone): no record is left, the log stays until the next one begins. */
  abandon(why: string): Promise<void>;
}

/**
 * Records and logs of builds, `<folder>/<key>/{record.json,build.log}`. Both builders share it, told apart by the records' runtime.
 *
 * Guarantees: a record on the disk is whole (temporary file, fsync, rename); a build that a crash cut has no record after `start`; `list` and
 * `find` answer from memory.
 */
export interface BuildStore {
  start(): Promise<void>;
  list(runtime: BuildRequest['runtime']): StoredBuild[];
  find(key: string): StoredBuild | null;
  /** Begins a build and an empty log; replaces what was there. `secrets` never reach the log. */
  begin(request: Pick<BuildRequest, 'key' | 'runtime' | 'attempt'>, secrets?: readonly string[]): Promise<BuildJournal>;
  /** Remembers whether somebody uses a build that has ended. */
  markUse(key: string, used: boolean): Promise<void>;
  remove(key: string): Promise<void>;
  readLog(key: string, options: { tail: number; after?: string }): Promise<BuildLogLine[]>;
  /** Calls back for each line after the cursor until the build has ended or the signal aborts. */
  followLog(
    key: string,
    after: string | null,
    onLine: (line: BuildLogLine) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** A build has begun, gone on or ended. Returns the unsubscribe function. */
  onChange(listener: (key: string) => void): () => void;
}

export interface BuildStoreOptions {
  folder: string;
  clock: Clock;
  logger: Logger;
}

export function createBuildStore({ folder, clock, logger }: BuildStoreOptions): BuildStore {
  const builds = new Map<string, StoredBuild>();
  const listeners = new Set<(key: string) => void>();
  const readers = new Map<string, Set<() => void>>();
  const hints = new Map<string, NodeJS.Timeout>();

  const folderOf = (key: string): string => join(folder, checkKey(key));
  const recordPath = (key: string): string => join(folderOf(key), 'record.json');
  const logPath = (key: string): string => join(folderOf(key), 'build.log');

  async function save(build: StoredBuild): Promise<void> {
    await mkdir(folderOf(build.key), { recursive: true, mode: 0o700 });
    await writeFileDurably(recordPath(build.key), `${JSON.stringify(build)}\n`);
  }

  function hint(key: string): void {
    clearTimeout(hints.get(key));
    hints.delete(key);
    for (const listener of listeners) listener(key);
  }

  function hintSoon(key: string): void {
    if (hints.has(key)) return;
    hints.set(
      key,
      setTimeout(() => hint(key), HINT_EVERY_MS),
    );
  }

  function wakeReaders(key: string): void {
    for (const wake of readers.get(key) ?? []) wake();
  }

  async function load(key: string): Promise<void> {
    const parsed = storedBuildSchema.safeParse(await readJson(recordPath(key)));
    if (parsed.success && parsed.data.state.kind !== 'building') {
      builds.set(key, parsed.data);
      return;
    }
    if (!parsed.success) logger.warn({ key, problem: parsed.error.message }, 'environment_build_record_unreadable');
    await rm(recordPath(key), { force: true });
  }

  async function begin(
    request: Pick<BuildRequest, 'key' | 'runtime' | 'attempt'>,
    secrets: readonly string[] = [],
  ): Promise<BuildJournal> {
    const { key } = request;
    const startedAt = Math.max(clock.now(), (builds.get(key)?.startedAt ?? 0) + 1);
    const building: StoredBuild = {
      key,
      runtime: request.runtime,
      attempt: request.attempt,
      startedAt,
      finishedAt: null,
      sizeBytes: null,
      packages: [],
      unusedSince: null,
      facts: {},
      state: { kind: 'building', startedAt, step: 'Waiting for its turn', progress: null },
    };
    builds.set(key, building);
    await save(building);
    const log = await createBuildLog({
      path: logPath(key),
      clock,
      secrets,
      onWritten: () => wakeReaders(key),
      onError: (error) => logger.warn({ key, err: error }, 'environment_build_log_not_written'),
    });
    hint(key);
    return openJournal(building, log);
  }

  function openJournal(building: StoredBuild, log: BuildLogWriter): BuildJournal {
    const { key, startedAt } = building;

    async function finish(end?: () => StoredBuild): Promise<void> {
      await log.close();
      // A build that was removed while it ran is not brought back by its end.
      if (builds.get(key)?.startedAt !== startedAt) return;
      // First in memory: on a full disk nobody may wait for a build that has ended. After a restart it counts as cut, and is made again.
      const ended = end?.();
      if (ended === undefined) builds.delete(key);
      else builds.set(key, ended);
      hint(key);
      wakeReaders(key);
      if (ended === undefined) return rm(recordPath(key), { force: true });
      await save(ended);
      if (builds.get(key)?.startedAt !== startedAt) await rm(folderOf(key), { recursive: true, force: true });
    }

    return {
      line: (text) => log.write(text),
      step(step, progress = null, parts = []) {
        const current = builds.get(key);
        if (current?.startedAt !== startedAt || current.state.kind !== 'building') return;
        builds.set(key, { ...current, state: { kind: 'building', startedAt, step, progress, parts } });
        hintSoon(key);
      },
      complete: ({ artifact, warnings, sizeBytes, packages, facts = {} }) =>
        finish(() => ({
          ...building,
          finishedAt: clock.now(),
          sizeBytes,
          packages,
          facts,
          state: { kind: 'ready', artifact, warnings },
        })),
      fail: ({ code, detail }, facts = {}) => {
        const logTail = log.tail(LOG_TAIL_LINES);
        log.write(detail);
        const state = { kind: 'failed' as const, failure: { code, detail, logTail } };
        return finish(() => ({ ...building, finishedAt: clock.now(), facts, state }));
      },
      abandon: (why) => {
        log.write(why);
        return finish();
      },
    };
  }

  async function followLog(
    key: string,
    after: string | null,
    onLine: (line: BuildLogLine) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let cursor = after;
    for (;;) {
      const waiting = readers.get(key) ?? new Set();
      readers.set(key, waiting);
      let wake = (): void => undefined;
      const changed = new Promise<void>((resolve) => (wake = resolve));
      waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      try {
        const build = builds.get(key);
        for (const line of await readAfter(key, cursor)) {
          if (signal.aborted) return;
          onLine(line);
          ({ cursor } = line);
        }
        // Looked up before the lines were read: a build that had ended by then has no further line.
        if (signal.aborted || build?.state.kind !== 'building') return;
        await changed;
      } finally {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        if (waiting.size === 0) readers.delete(key);
      }
    }
  }

  const readAfter = (key: string, after: string | null): Promise<BuildLogLine[]> =>
    readLogLines(logPath(key), parseCursor(after, builds.get(key)?.startedAt ?? 0));

  return {
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.isDirectory() && KEY_PATTERN.test(entry.name)) await load(entry.name);
      }
    },
    list: (runtime) => [...builds.values()].filter((build) => build.runtime === runtime),
    find: (key) => builds.get(key) ?? null,
    begin,
    async markUse(key, used) {
      const build = builds.get(key);
      if (build === undefined || build.state.kind === 'building' || (build.unusedSince === null) === used) return;
      const marked = { ...build, unusedSince: used ? null : clock.now() };
      builds.set(key, marked);
      await save(marked);
    },
    async remove(key) {
      builds.delete(key);
      await rm(folderOf(key), { recursive: true, force: true });
      hint(key);
      wakeReaders(key);
    },
    async readLog(key, { tail, after }) {
      return tail <= 0 ? [] : (await readAfter(key, after ?? null)).slice(-tail);
    },
    followLog,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** A key becomes a folder's name, so nothing else may be in it. */
function checkKey(key: string): string {
  if (!KEY_PATTERN.test(key)) throw new Error(`An environment's key must be letters, digits, "-" and "_": ${key}`);
  return key;
}

/** The file's content, or null where there is none or it is not JSON. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Which ended builds go: failed ones that nobody asks for, and of the ready ones those unused for longest, until the rest of the unused fits.
 * What is not yet known to be unused stays. Unknown sizes count as nothing.
 */
export function chooseEvictions(builds: readonly StoredBuild[], cacheBytes: number): StoredBuild[] {
  const unused = builds
    .filter(({ unusedSince }) => unusedSince !== null)
    .toSorted((a, b) => (b.unusedSince ?? 0) - (a.unusedSince ?? 0));
  let kept = 0;
  return unused.filter(({ state, sizeBytes }) => {
    if (state.kind !== 'ready') return true;
    kept += sizeBytes ?? 0;
    return kept > cacheBytes;
  });
}
