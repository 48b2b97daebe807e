import { describe, expect, test } from 'vitest';
import { EMPTY_DEFINITION, type EnvironmentVersionRecord } from './environment.ts';
import type { BuildRecord, BuildState } from './environment-build.ts';
import { planRefresh, type RefreshCandidate, refreshState, retryAfterMs } from './environment-refresh.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const KIND = { runtime: 'docker', servesPython: true } as const;

const versionOf = (name: string): EnvironmentVersionRecord => ({
  name,
  version: '1',
  anonymous: false,
  definition: EMPTY_DEFINITION,
  description: '',
  tags: { curated: 'true' },
  properties: {},
  buildNumber: 4,
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
});

const VENV = { kind: 'venv', python: '/python', pythonVersion: '3.11.2' } as const;
const READY: BuildState = { kind: 'ready', artifact: VENV, warnings: [] };
const FAILED: BuildState = {
  kind: 'failed',
  failure: { code: 'deployment.build_failed', detail: 'The index is away.', logTail: [] },
};
const BUILDING: BuildState = { kind: 'building', startedAt: 0, step: 'Installing', progress: null };

function build(state: BuildState, startedAt: number, attempt = 'somebody'): BuildRecord {
  const finishedAt = state.kind === 'building' ? null : startedAt + 1_000;
  return { key: 'k', runtime: 'docker', attempt, state, startedAt, finishedAt, sizeBytes: null, packages: [] };
}

const candidate = (current: BuildRecord | null, next: BuildRecord | null, name = 'sk'): RefreshCandidate => ({
  version: versionOf(name),
  builds: [
    { kind: KIND, current, next },
    { kind: { runtime: 'process', servesPython: true }, current: null, next: null },
  ],
});

describe('a refresh', () => {
  test('is due once the newest build is as old as it may get, and never before', () => {
    const one = candidate(build(READY, 1_000), null);
    expect(refreshState(one, WEEK)).toEqual({ kind: 'waiting', dueAt: 1_000 + WEEK });
    expect(planRefresh([one], WEEK, WEEK)).toEqual([]);
    expect(planRefresh([one], WEEK, 1_000 + WEEK)).toEqual([
      { kind: 'build', version: one.version, kinds: [KIND], attempt: 'refresh-1' },
    ]);
  });

  test('does nothing for what was never built here, and nothing beside what somebody builds', () => {
    expect(planRefresh([candidate(null, null)], WEEK, 100 * WEEK)).toEqual([]);
    expect(refreshState(candidate(build(BUILDING, 0), null), WEEK)).toEqual({ kind: 'idle' });
  });

  test('runs for one version at a time, and first for the one that has waited longest', () => {
    const young = candidate(build(READY, 2_000), null, 'young');
    const old = candidate(build(READY, 1_000), null, 'old');
    expect(planRefresh([young, old], WEEK, 2 * WEEK)).toMatchObject([{ version: { name: 'old' } }]);
    const under = candidate(build(READY, 1_000), build(BUILDING, WEEK), 'old');
    expect(planRefresh([young, under], WEEK, 2 * WEEK)).toEqual([]);
  });

  test('gives its build out once it is whole, also while another one runs', () => {
    const whole = candidate(build(READY, 0), build(READY, WEEK), 'whole');
    const under = candidate(build(READY, 0), build(BUILDING, WEEK), 'under');
    expect(planRefresh([under, whole], WEEK, 2 * WEEK)).toEqual([{ kind: 'promote', version: whole.version }]);
  });

  test('that failed is tried again later and later, as the record of its build counts', () => {
    const once = candidate(build(READY, 0), build(FAILED, WEEK, 'refresh-1'));
    const ended = WEEK + 1_000;
    expect(refreshState(once, WEEK)).toMatchObject({ kind: 'failed', failures: 1, dueAt: ended + retryAfterMs(1) });
    expect(planRefresh([once], WEEK, ended + retryAfterMs(1) - 1)).toEqual([]);
    expect(planRefresh([once], WEEK, ended + retryAfterMs(1))).toMatchObject([{ attempt: 'refresh-2' }]);
    const thrice = candidate(build(READY, 0), build(FAILED, WEEK, 'refresh-3'));
    expect(refreshState(thrice, WEEK)).toMatchObject({ failures: 3, dueAt: ended + 4 * retryAfterMs(1) });
    expect(retryAfterMs(1_000)).toBe(DAY);
  });
});
