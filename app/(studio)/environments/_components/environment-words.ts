import type { Status } from '#components/ui/chip.tsx';
import type { EnvironmentBuild, EnvironmentDeployment, EnvironmentKind } from '#lib/contracts/environment.ts';

export const KIND_WORDS: Readonly<Record<EnvironmentKind, string>> = {
  image: 'Image',
  archive: 'Saved image',
  dockerfile: 'Dockerfile',
  python: 'Python packages',
  image_with_packages: 'Packages on an image',
};

export const RUNTIME_WORDS: Readonly<Record<EnvironmentBuild['runtime'], string>> = {
  process: 'for processes of this host',
  docker: 'for containers',
};

const STATES: Readonly<Record<EnvironmentBuild['state'], { status: Status; word: string }>> = {
  not_built: { status: 'pending', word: 'Not built' },
  building: { status: 'running', word: 'Building' },
  ready: { status: 'ready', word: 'Ready' },
  failed: { status: 'failed', word: 'Failed' },
};

export function statusOfBuild(state: EnvironmentBuild['state']): { status: Status; word: string } {
  return STATES[state];
}

/** The build that says most about a version: one that runs, else the newest. */
export function leadingBuild(builds: readonly EnvironmentBuild[]): EnvironmentBuild | null {
  const running = builds.find(({ state }) => state === 'building');
  return running ?? builds.toSorted((a, b) => (b.started_at ?? '').localeCompare(a.started_at ?? ''))[0] ?? null;
}

export function environmentPath(name: string, version?: string): string {
  const base = `/environments/${encodeURIComponent(name)}`;
  return version === undefined ? base : `${base}/versions/${encodeURIComponent(version)}`;
}

/** `1 deployment`, `3 deployments` */
export const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** "2 deployments run build 3, 1 runs build 4; the newest is 5." */
export function wordsOfBehind(behind: readonly EnvironmentDeployment[], newest: number): string {
  const groups = [...Map.groupBy(behind, (one) => one.build_number).entries()]
    .filter(([build]) => build !== null)
    .toSorted(([a], [b]) => (a ?? 0) - (b ?? 0));
  const parts = groups.map(([build, { length }], index) => {
    const who = index === 0 ? countOf(length, 'deployment') : String(length);
    return `${who} ${length === 1 ? 'runs' : 'run'} build ${build}`;
  });
  return `${parts.length === 0 ? 'Deployments wait for an older build' : parts.join(', ')}; the newest is ${newest}.`;
}
