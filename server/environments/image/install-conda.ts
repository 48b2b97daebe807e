import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import { fetchFile } from '../venv/fetch-uv.ts';
import type { ToolUser } from '../venv/python-toolchain.ts';
import type { BuildTask } from './build-task.ts';
import { BuildFailedError } from './classify-failure.ts';
import type { ContainerToolchain } from './container-toolchain.ts';

const INSTALL_TIMEOUT_MS = 2 * 60 * 60_000;
const QUOTED_LINES = 12;
const RELEASES = 'https://github.com/mamba-org/micromamba-releases/releases/latest/download';
/** Names of processors: images' → micromamba's. */
const PROGRAMS: Readonly<Record<string, string>> = { amd64: 'micromamba-linux-64', arm64: 'micromamba-linux-aarch64' };
const USUAL_CHANNEL = 'conda-forge';

/**
 * Makes an environment with micromamba, for conda files with packages that no wheel stands in for. The program is in the build only.
 * @param environment path inside the container
 * @throws BuildFailedError
 */
export async function installConda(
  task: BuildTask,
  tools: ContainerToolchain,
  user: ToolUser,
  environment: string,
): Promise<void> {
  const program = await provideMicromamba(task, tools);
  const file = join(tools.folders.tmp, 'environment.yml');
  const text = task.definition.condaFile ?? '';
  await writeFile(file, text);
  const channels = hasChannels(text) ? [] : ['--channel', USUAL_CHANNEL];
  const args = ['create', '--yes', '--no-rc', '--prefix', environment, '--file', file, ...channels];
  const end = await tools.run(program, args, user, INSTALL_TIMEOUT_MS);
  if (end.status === 0) return;
  throw classifyCondaFailure(end.output, end.timedOut);
}

async function provideMicromamba(task: BuildTask, tools: ContainerToolchain): Promise<string> {
  const { settings, signal, journal, architecture } = task;
  const url = settings.VIRIDIAN_MICROMAMBA_URL ?? `${RELEASES}/${PROGRAMS[architecture] ?? PROGRAMS['amd64']}`;
  const { origin, pathname } = new URL(url);
  journal.line(`Fetching micromamba from ${origin}${pathname}`);
  const folder = join(tools.folders.tmp, 'bin');
  const path = join(folder, 'micromamba');
  try {
    const { body } = await fetchFile(new URL(url), tools.fetching);
    await mkdir(folder, { recursive: true });
    await writeFile(path, body);
    await chmod(path, 0o755);
    return path;
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new BuildFailedError(
      'deployment.packages_unreachable',
      `Packages that only conda has need micromamba, which could not be fetched: ${said} Set VIRIDIAN_MICROMAMBA_URL to where it can be, or take wheels in place of these packages.`,
    );
  }
}

function hasChannels(text: string): boolean {
  const { contents } = parseDocument(text);
  return isMap(contents) && contents.has('channels');
}

const RULES: readonly { pattern: RegExp; code: ErrorCode; says: string }[] = [
  { pattern: /No space left on device|Disk quota exceeded/i, code: 'deployment.disk_full', says: 'The disk is full.' },
  {
    pattern: /does not exist \(perhaps a typo|nothing provides requested|PackagesNotFoundError/i,
    code: 'deployment.package_not_found',
    says: 'A package is not in the channels.',
  },
  {
    pattern: /Could not solve|conflicts with|nothing provides/i,
    code: 'deployment.packages_conflict',
    says: 'The packages do not go together.',
  },
  {
    pattern: /Download error|Could not resolve|Connection|Timeout|SSL|curl|HTTP/i,
    code: 'deployment.packages_unreachable',
    says: 'The channels cannot be reached. Check VIRIDIAN_CONDA_CHANNEL_ALIAS, VIRIDIAN_HTTPS_PROXY and VIRIDIAN_EXTRA_CA_FILE.',
  },
];

/** What micromamba's words mean. Pure. */
export function classifyCondaFailure(output: string, timedOut: boolean): BuildFailedError {
  const rule = timedOut ? RULES.at(-1) : RULES.find(({ pattern }) => pattern.test(output));
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const quoted = lines.slice(-QUOTED_LINES).join('\n');
  const says = rule?.says ?? 'The conda environment could not be made.';
  return new BuildFailedError(rule?.code ?? 'deployment.build_failed', `${says} micromamba says: ${quoted}`);
}
