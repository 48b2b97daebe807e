import { buildKey, type BuildRuntime, type EnvironmentVersionRecord } from './environment.ts';
import type { BuildFailure, BuildRecord, EnvironmentBuilder } from './environment-build.ts';

/** One of the results that a version can be built into. */
export interface BuildKind {
  runtime: BuildRuntime;
  servesPython: boolean;
}

/** Everything that a version may be built into. */
export const BUILD_KINDS: readonly BuildKind[] = (['process', 'docker'] as const).flatMap((runtime) =>
  [true, false].map((servesPython) => ({ runtime, servesPython })),
);

/** A version that is built anew from time to time, with what there is of its newest build and of the one after that. */
export interface RefreshCandidate {
  version: EnvironmentVersionRecord;
  builds: readonly { kind: BuildKind; current: BuildRecord | null; next: BuildRecord | null }[];
}

export type RefreshState =
  /** Nothing of it has been built here, so there is nothing to keep fresh. */
  | { kind: 'idle' }
  | { kind: 'waiting'; dueAt: number }
  | { kind: 'building' }
  | { kind: 'failed'; failure: BuildFailure; failures: number; dueAt: number }
  /** The next build is whole: it is what deployments get from now on. */
  | { kind: 'built' };

export type RefreshStep =
  | { kind: 'promote'; version: EnvironmentVersionRecord }
  | { kind: 'build'; version: EnvironmentVersionRecord; kinds: BuildKind[]; attempt: string };

const CURATED_TAG = 'curated';
const FIRST_RETRY_MS = 15 * 60_000;
const LONGEST_RETRY_MS = 24 * 3_600_000;
const ATTEMPT = /^refresh-(\d+)$/;

/** Whether a version is kept fresh: the tag that comes with curated environments says so, and taking it away leaves a version alone. */
export const isKeptFresh = ({ tags }: Pick<EnvironmentVersionRecord, 'tags'>): boolean => tags[CURATED_TAG] === 'true';

/** Keys of the newest build of a version (`ahead` 0) or of the one that a refresh makes (1). */
export const keyOfKind = (
  { definition, buildNumber }: Pick<EnvironmentVersionRecord, 'definition' | 'buildNumber'>,
  kind: BuildKind,
  ahead: 0 | 1 = 0,
): string => buildKey(definition, { ...kind, buildNumber: buildNumber + ahead });

/** A version with the builds that its refresh follows from. */
export async function findRefreshCandidate(
  environments: Pick<EnvironmentBuilder, 'find'>,
  version: EnvironmentVersionRecord,
): Promise<RefreshCandidate> {
  const builds = await Promise.all(
    BUILD_KINDS.map(async (kind) => ({
      kind,
      current: await environments.find(keyOfKind(version, kind)),
      next: await environments.find(keyOfKind(version, kind, 1)),
    })),
  );
  return { version, builds };
}

/** When the oldest part of the newest build was made, epoch ms; null where nothing of it is built. */
export function lastRefresh({ builds }: RefreshCandidate): number | null {
  const ends = builds.flatMap(({ current }) => (current?.state.kind === 'ready' ? [current.startedAt] : []));
  return ends.length === 0 ? null : Math.min(...ends);
}

/**
 * How far the refresh of a version is. It follows from the records of builds alone, so a restart changes nothing.
 * @param everyMs how old a build may get
 */
export function refreshState(candidate: RefreshCandidate, everyMs: number): RefreshState {
  const used = candidate.builds.filter(({ current }) => current?.state.kind === 'ready');
  const last = lastRefresh(candidate);
  if (last === null) return { kind: 'idle' };
  const next = used.map((build) => build.next);
  if (next.some((build) => build?.state.kind === 'building')) return { kind: 'building' };
  const failed = next.flatMap((build) => (build?.state.kind === 'failed' ? [{ build, ...build.state }] : []))[0];
  if (failed !== undefined) {
    const failures = failuresOf(failed.build);
    const dueAt = (failed.build.finishedAt ?? failed.build.startedAt) + retryAfterMs(failures);
    return { kind: 'failed', failure: failed.failure, failures, dueAt };
  }
  if (next.every((build) => build?.state.kind === 'ready')) return { kind: 'built' };
  return { kind: 'waiting', dueAt: last + everyMs };
}

/** A quarter of an hour after the first failure, twice as long after each further one, a day at most. */
export const retryAfterMs = (failures: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 30), LONGEST_RETRY_MS);

/** The record of a build says how often it was tried. */
const failuresOf = ({ attempt }: BuildRecord): number => Number(ATTEMPT.exec(attempt)?.[1] ?? 1);

/** What is to be done now: every whole build is given out, and at most one version is built, the one that has waited longest. */
export function planRefresh(candidates: readonly RefreshCandidate[], everyMs: number, now: number): RefreshStep[] {
  const states = candidates.map((candidate) => ({ candidate, state: refreshState(candidate, everyMs) }));
  const promotions = states.flatMap(({ candidate: { version }, state }) =>
    state.kind === 'built' ? [{ kind: 'promote' as const, version }] : [],
  );
  if (states.some(({ state }) => state.kind === 'building')) return promotions;
  const due = states
    .flatMap(({ candidate, state }) =>
      (state.kind === 'waiting' || state.kind === 'failed') && state.dueAt <= now ? [{ candidate, state }] : [],
    )
    .toSorted((a, b) => a.state.dueAt - b.state.dueAt)[0];
  return due === undefined ? promotions : [...promotions, buildStep(due.candidate, due.state)];
}

function buildStep({ version, builds }: RefreshCandidate, state: RefreshState): RefreshStep {
  const kinds = builds
    .filter(({ current, next }) => current?.state.kind === 'ready' && next?.state.kind !== 'ready')
    .map(({ kind }) => kind);
  const failures = state.kind === 'failed' ? state.failures : 0;
  return { kind: 'build', version, kinds, attempt: `refresh-${failures + 1}` };
}
