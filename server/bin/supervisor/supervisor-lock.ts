import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isSameProcess, ownIdentity, parseIdentity, type ProcessIdentity } from '#server/kernel/process-identity.ts';

export type LockOutcome = { kind: 'held'; release: () => Promise<void> } | { kind: 'taken'; by: ProcessIdentity };

/**
 * Makes this process the only supervisor of a data directory. The lock is a file made by `link`, which is atomic; a lock whose owner is gone
 * (pid and start time no longer match) is moved away by `rename`, which only one contender can do.
 */
export async function acquireSupervisorLock(path: string): Promise<LockOutcome> {
  const own = `${JSON.stringify(ownIdentity())}\n`;
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, own, { mode: 0o600 });
  try {
    for (;;) {
      if (await tryLink(temporary, path)) return { kind: 'held', release: () => releaseIfOwn(path, own) };
      const owner = await readOwner(path);
      if (owner !== null && isSameProcess(owner)) return { kind: 'taken', by: owner };
      await moveAway(path);
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<ProcessIdentity | null> {
  try {
    return parseIdentity(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function moveAway(path: string): Promise<void> {
  const stale = `${path}.stale.${process.pid}`;
  try {
    await rename(path, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rm(stale, { force: true });
}

async function releaseIfOwn(path: string, own: string): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => '');
  if (content === own) await rm(path, { force: true });
}
