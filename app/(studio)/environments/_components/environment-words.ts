import type { Status } from '#components/ui/chip.tsx';
import type { EnvironmentBuild, EnvironmentKind } from '#lib/contracts/environment.ts';

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
