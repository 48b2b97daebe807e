import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, isSameProcess } from '#server/kernel/process-identity.ts';

const STOP_TIMEOUT_MS = 40_000;
const POLL_MS = 50;

/**
 * Stops processes that a supervisor left behind when it was killed: those that `ports.json` names and that still run from our folder with our
 * command line. A recycled pid is never touched.
 */
export async function stopOrphans(portsFile: string, root: string): Promise<number[]> {
  const pids = await listRecordedPids(portsFile);
  const orphans = [];
  for (const pid of pids) {
    const identity = identityOf(pid);
    if (identity !== null && pid !== process.pid && (await isOurs(pid, root))) orphans.push(identity);
  }
  for (const { pid } of orphans) signal(pid, 'SIGTERM');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (orphans.some(isSameProcess)) {
    if (performance.now() > deadline)
      for (const orphan of orphans) if (isSameProcess(orphan)) signal(orphan.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return orphans.map(({ pid }) => pid);
}

async function listRecordedPids(portsFile: string): Promise<number[]> {
  try {
    const { pids } = JSON.parse(await readFile(portsFile, 'utf8')) as { pids?: Record<string, unknown> };
    return Object.values(pids ?? {})
      .flat()
      .filter((pid): pid is number => typeof pid === 'number' && pid > 1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return [];
    throw error;
  }
}

async function isOurs(pid: number, root: string): Promise<boolean> {
  const [commandLine, folder] = await Promise.all([
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    readlink(`/proc/${pid}/cwd`).catch(() => ''),
  ]);
  return (
    folder === root && (commandLine.includes(join(root, 'server', 'bin')) || commandLine.startsWith('next-server'))
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
