import { access, constants, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { AppError } from '#server/kernel/app-error.ts';
import { classifyToolFailure } from './classify-tool-failure.ts';
import type { Interpreter } from './find-interpreters.ts';
import type { ProgramEnd } from '../run-program.ts';
import { OLDEST_UV, UV_HASHES, UV_VERSION } from './uv-release.ts';

export interface UvDeps {
  /** `<dataDir>/environments/uv`. */
  folder: string;
  hostPath: string;
  /** Pythons of this host; asked for only when uv has to be installed. */
  interpreters(): Promise<readonly Interpreter[]>;
  /** Null when it cannot be started. */
  run(program: string, args: readonly string[]): Promise<ProgramEnd | null>;
  /** Fetches the program without the help of a Python. */
  fetch(path: string): Promise<void>;
  onLine(line: string): void;
}

/**
 * Path of uv: ours where it has been installed before, one on the search path that is new enough, else the pinned wheel, believed only with
 * the right hash: fetched by the pip of a Python of this host, which knows the ways of its package index, or directly where there is none.
 * @throws AppError `deployment.packages_unreachable` saying how to get it
 */
export async function provideUv(deps: UvDeps): Promise<string> {
  const own = join(deps.folder, UV_VERSION, 'uv');
  if (await isExecutable(own)) return own;
  for (const folder of deps.hostPath.split(delimiter)) {
    const candidate = join(folder, 'uv');
    if (folder !== '' && (await isExecutable(candidate)) && (await isNewEnough(candidate, deps))) return candidate;
  }
  deps.onLine(`Installing uv ${UV_VERSION}`);
  await installWheel(deps, own);
  return own;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isNewEnough(uv: string, { run }: UvDeps): Promise<boolean> {
  const end = await run(uv, ['--version']);
  const match = /^uv (\d+)\.(\d+)/.exec(end?.stdout ?? '');
  const [major, minor] = [Number(match?.[1] ?? -1), Number(match?.[2] ?? -1)];
  return major > OLDEST_UV[0] || (major === OLDEST_UV[0] && minor >= OLDEST_UV[1]);
}

async function installWheel(deps: UvDeps, own: string): Promise<void> {
  await mkdir(join(deps.folder, UV_VERSION), { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(deps.folder, '.installing-'));
  try {
    const pip = await findPip(deps, join(temporary, 'pip'));
    const made = pip === null ? join(temporary, 'uv') : join(temporary, 'target', 'bin', 'uv');
    if (pip === null) await fetchDirectly(deps, made);
    else await pipInstall(deps, pip, temporary);
    await rename(made, own);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** A Python that has pip; or a new virtual environment that gets one, for Debian leaves pip out of its Python but not always the means for it. */
async function findPip(deps: UvDeps, spare: string): Promise<string | null> {
  const interpreters = await deps.interpreters();
  for (const { path } of interpreters) {
    const end = await deps.run(path, ['-I', '-m', 'pip', '--version']);
    if (end?.status === 0) return path;
  }
  for (const { path } of interpreters) {
    const end = await deps.run(path, ['-I', '-m', 'venv', spare]);
    if (end?.status === 0) return join(spare, 'bin', 'python');
  }
  return null;
}

async function pipInstall(deps: UvDeps, pip: string, folder: string): Promise<void> {
  const requirement = join(folder, 'uv.txt');
  const hashes = UV_HASHES.map((hash) => ` --hash=sha256:${hash}`).join('');
  await writeFile(requirement, `uv==${UV_VERSION}${hashes}\n`);
  const end = await deps.run(pip, [
    '-I',
    '-m',
    'pip',
    'install',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '--no-cache-dir',
    '--quiet',
    '--root-user-action=ignore',
    `--target=${join(folder, 'target')}`,
    `--requirement=${requirement}`,
  ]);
  if (end?.status === 0) return;
  const { code, detail } = classifyToolFailure(end?.output ?? '');
  throw new AppError(code, `uv, which builds environments, could not be installed. ${detail}`);
}

async function fetchDirectly(deps: UvDeps, path: string): Promise<void> {
  try {
    await deps.fetch(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'deployment.packages_unreachable',
      `uv, which builds environments, could not be fetched. ${why} Check VIRIDIAN_PIP_INDEX_URL, VIRIDIAN_HTTPS_PROXY and VIRIDIAN_EXTRA_CA_FILE, or put uv on the PATH.`,
      { cause: error },
    );
  }
}
