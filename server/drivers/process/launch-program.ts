import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { identityOf, isSameProcess, type ProcessIdentity } from '#server/kernel/process-identity.ts';
import type { InstanceSpec } from '../runtime-driver.ts';
import type { InstanceFiles } from './instance-record.ts';
import type { MemoryBounds } from './memory-limit.ts';
import { parseStat } from './proc-table.ts';

/** Marks every process of an instance, and of which data directory, in its environment. */
export const INSTANCE_MARK = 'VIRIDIAN_INSTANCE_ID';
export const OWNER_MARK = 'VIRIDIAN_INSTANCE_OWNER';

export const DEFAULT_SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Exit status of a launcher that came too late: its start was given up by a driver that found no trace of it. */
const CLAIM_REFUSED_STATUS = 125;

/**
 * Runs between fork and the program, in the program's own process. Its text never changes; everything variable comes as an argument.
 *
 * It claims the start by creating a file that must not exist yet and writes its own identity there, before anything else: whoever looks for a
 * start that was never recorded either finds the claim, or makes it and so forbids the start. Then it offers itself to the kernel's
 * out-of-memory killer before Viridian's own processes, takes on its memory limit, and becomes the program.
 */
const LAUNCHER = `
claim=$1; data_kib=$2; cgroup_procs=$3; shift 3
identity=$$
if [ -r /proc/$$/stat ]; then read -r identity < /proc/$$/stat; fi
set -C
{ printf '%s\\n' "$identity" > "$claim"; } 2>/dev/null || exit ${CLAIM_REFUSED_STATUS}
set +C
{ echo 500 > /proc/$$/oom_score_adj; } 2>/dev/null || :
if [ -n "$cgroup_procs" ]; then echo $$ > "$cgroup_procs" || exit 126; fi
if [ -n "$data_kib" ]; then ulimit -d "$data_kib" || exit 126; fi
exec "$@"
`;

export interface Launch {
  spec: InstanceSpec;
  generation: number;
  port: number;
  /** Of programs that take calls of gRPC at a port of its own. */
  grpcPort?: number | undefined;
  files: InstanceFiles;
  /** Of the data directory, so that one Viridian never takes another's processes for its own. */
  ownerMark: string;
  searchPath: string;
  bounds: MemoryBounds;
  /** Called in the tick of the spawn: a program may be over before anything that is awaited, and its exit is told once. */
  follow: (child: ChildProcess) => void;
}

/** Starts the program in a session and process group of its own. The `error` event tells of a fork that failed. */
export async function launchProgram(launch: Launch): Promise<ChildProcess> {
  const { spec, files } = launch;
  const stdout = await open(files.stdout, 'a', 0o600);
  const stderr = await open(files.stderr, 'a', 0o600);
  try {
    const { dataLimitKib, cgroupProcs } = launch.bounds;
    const limits = [dataLimitKib === null ? '' : String(dataLimitKib), cgroupProcs ?? ''];
    const child = spawn(
      '/bin/sh',
      ['-c', LAUNCHER, 'viridian-launch', files.claim(launch.generation), ...limits, ...spec.command],
      {
        cwd: files.root,
        env: programEnvironment(launch) as NodeJS.ProcessEnv,
        detached: true,
        stdio: ['ignore', stdout.fd, stderr.fd],
      },
    );
    // Our exit must not wait for the instance, which is to outlive us.
    child.unref();
    launch.follow(child);
    return child;
  } finally {
    await stdout.close();
    await stderr.close();
  }
}

/**
 * Nothing of our own environment goes to a model; what it declares comes first, so that it cannot take the driver's variables. A program that
 * comes without code of its own finds its folder as the root of the app and no script, so that one that asks for them finds an answer.
 */
export function programEnvironment(launch: Omit<Launch, 'bounds' | 'follow'>): Record<string, string> {
  const { spec, files } = launch;
  return {
    PATH: launch.searchPath,
    LANG: 'C.UTF-8',
    HOME: files.root,
    TMPDIR: files.temporary,
    AZUREML_APP_ROOT: files.root,
    AZUREML_ENTRY_SCRIPT: '',
    ...spec.environment,
    ...(spec.modelDir !== null && { AZUREML_MODEL_DIR: spec.modelDir }),
    PORT: String(launch.port),
    ...(launch.grpcPort !== undefined && { VIRIDIAN_GRPC_PORT: String(launch.grpcPort) }),
    [INSTANCE_MARK]: spec.instanceId,
    [OWNER_MARK]: launch.ownerMark,
  };
}

/** Whether a command can be found as the launcher would find it; null when it can, else what is wrong. */
export async function checkCommand(command: readonly string[], searchPath: string): Promise<string | null> {
  const program = command[0];
  if (program === undefined || program === '') return 'The command is empty.';
  if (program.includes('/')) {
    if (!isAbsolute(program)) return `The command "${program}" must be a plain name or an absolute path.`;
    return (await isExecutable(program)) ? null : `The command "${program}" does not exist or cannot be executed.`;
  }
  for (const folder of searchPath.split(':')) {
    if (await isExecutable(join(folder, program))) return null;
  }
  return `The command "${program}" is not in ${searchPath}.`;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Missing, or not ours to run: the same to the caller.
    return false;
  }
}

const CLAIM_READ_ATTEMPTS = 50;
const CLAIM_READ_PAUSE_MS = 10;

/**
 * Finds the process of a start that was intended but not recorded. Returns its identity, or null when there is none and, from now on, none can
 * come: the claim is then ours, and a launcher still on its way refuses.
 */
export async function findOrForbidStart(files: InstanceFiles, generation: number): Promise<ProcessIdentity | null> {
  const path = files.claim(generation);
  try {
    await (await open(path, 'wx', 0o600)).close();
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  for (let attempt = 0; attempt < CLAIM_READ_ATTEMPTS; attempt += 1) {
    const text = await readFile(path, 'utf8');
    if (text.endsWith('\n')) return liveIdentity(text);
    // Created and not yet written: the launcher is between two system calls, or was killed there.
    await new Promise((resolve) => setTimeout(resolve, CLAIM_READ_PAUSE_MS));
  }
  return null;
}

function liveIdentity(claim: string): ProcessIdentity | null {
  const row = parseStat(claim);
  const pid = row?.pid ?? Number.parseInt(claim, 10);
  const current = identityOf(pid);
  if (row === null)
    return isSameProcess({ pid, startTicks: '', bootId: '' }) ? { pid, startTicks: '', bootId: '' } : null;
  return current !== null && current.startTicks === row.startTicks ? current : null;
}
