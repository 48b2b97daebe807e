import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchUv, type FetchOptions } from '../venv/fetch-uv.ts';
import { UV_VERSION } from '../venv/uv-release.ts';
import { BuildFailedError } from './classify-failure.ts';

/** Names of processors: images' → wheels'. */
const WHEEL_PROCESSORS: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

export interface StaticUvOptions extends FetchOptions {
  /** Where it is kept. */
  folder: string;
  indexUrl: string;
  /** In the names of images: `amd64`. */
  architecture: string;
  onLine(line: string): void;
}

/**
 * Path of a uv that runs in every image: the one linked against musl needs no library of the image. It is taken from the package index without
 * any Python, and believed only with the right hash.
 * @throws BuildFailedError deployment.packages_unreachable
 */
export async function provideStaticUv(options: StaticUvOptions): Promise<string> {
  const { folder, architecture, signal } = options;
  const processor = WHEEL_PROCESSORS[architecture];
  if (processor === undefined) {
    throw new BuildFailedError('deployment.build_failed', `There is no uv for ${architecture} processors.`);
  }
  const release = join(folder, `${UV_VERSION}-static-${architecture}`);
  const program = join(release, 'uv');
  if (await isExecutable(program)) return program;
  options.onLine(`Fetching uv ${UV_VERSION}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(folder, '.installing-'));
  try {
    const platform = new RegExp(`musllinux[\\w.]*_${processor}\\.whl$`);
    await fetchUv({ ...options, platform, path: join(temporary, 'uv') });
    await rm(release, { recursive: true, force: true });
    await rename(temporary, release);
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new BuildFailedError(
      'deployment.packages_unreachable',
      `uv, which installs packages, could not be fetched: ${said} Check VIRIDIAN_PIP_INDEX_URL, VIRIDIAN_HTTPS_PROXY and VIRIDIAN_EXTRA_CA_FILE.`,
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return program;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
