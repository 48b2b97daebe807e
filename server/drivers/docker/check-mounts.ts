import { realpath } from 'node:fs/promises';
import { isAbsolute, normalize, sep } from 'node:path';
import type { EnsureOutcome, ReadOnlyMount } from '../runtime-driver.ts';

/** Places in a container that are the kernel's or the engine's. */
const RESERVED_TARGETS = ['/proc', '/sys', '/dev', '/tmp', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

export type MountCheck = { kind: 'allowed'; mounts: ReadOnlyMount[] } | Extract<EnsureOutcome, { kind: 'refused' }>;

/**
 * Mounts with links in their sources resolved. A source that is not below one of the roots is refused, whatever asked for it: the engine would mount
 * any file of the host.
 */
export async function checkMounts(mounts: readonly ReadOnlyMount[], roots: readonly string[]): Promise<MountCheck> {
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => null)));
  const checked: ReadOnlyMount[] = [];
  for (const { source, target } of mounts) {
    const real = await realpath(source).catch(() => null);
    if (real === null) return refuse('deployment.model_missing', `The files at ${source} are not there any more.`);
    if (!allowed.some((root) => root !== null && isBelow(real, root))) {
      return refuse('deployment.container_refused', `${source} does not belong to this installation's files.`);
    }
    if (!isFreeTarget(target)) {
      return refuse('deployment.container_refused', `Nothing can be mounted at ${target} of a container.`);
    }
    checked.push({ source: real, target });
  }
  return { kind: 'allowed', mounts: checked };
}

function isFreeTarget(target: string): boolean {
  if (!isAbsolute(target) || normalize(target) !== target.replace(/(?<=.)\/$/, '') || target === '/') return false;
  return !RESERVED_TARGETS.some((reserved) => isBelow(target, reserved));
}

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(root + sep);

const refuse = (
  code: 'deployment.model_missing' | 'deployment.container_refused',
  detail: string,
): Extract<EnsureOutcome, { kind: 'refused' }> => ({ kind: 'refused', code, detail });
