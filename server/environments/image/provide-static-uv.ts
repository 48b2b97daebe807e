import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';
import { UV_HASHES, UV_VERSION } from '../venv/uv-release.ts';
import { BuildFailedError } from './classify-failure.ts';
import { fetchBytes, withoutPassword, type FetchOptions } from './fetch-bytes.ts';

/** Names of processors: images' → wheels'. */
const WHEEL_PROCESSORS: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

export interface StaticUvOptions extends FetchOptions {
  /** Where it is kept. */
  folder: string;
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
  const own = join(folder, `${UV_VERSION}-static-${architecture}`, 'uv');
  if (await isExecutable(own)) return own;
  options.onLine(`Fetching uv ${UV_VERSION}`);
  try {
    await install(await fetchWheel(options, processor), folder, own);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BuildFailedError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new BuildFailedError(
      'deployment.packages_unreachable',
      `uv, which installs packages, could not be fetched from ${withoutPassword(options.settings.VIRIDIAN_PIP_INDEX_URL)}: ${said}. Check VIRIDIAN_PIP_INDEX_URL, VIRIDIAN_HTTPS_PROXY and VIRIDIAN_EXTRA_CA_FILE.`,
    );
  }
  return own;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function fetchWheel(options: StaticUvOptions, processor: string): Promise<Buffer> {
  const index = new URL(`${options.settings.VIRIDIAN_PIP_INDEX_URL.replace(/\/$/, '')}/uv/`);
  const page = (await fetchBytes(index, 'text/html', options)).toString('utf8');
  const file = new RegExp(`href="([^"]*/)?(uv-${UV_VERSION}-py3-none-musllinux_1_1_${processor}\\.whl)[^"]*"`);
  const match = file.exec(page);
  if (match === null) throw new Error(`the index has no uv ${UV_VERSION} for ${processor}`);
  const link = match[0].slice('href="'.length, -1).replaceAll('&amp;', '&');
  const wheel = await fetchBytes(new URL(link, index), 'application/octet-stream', options);
  const hash = createHash('sha256').update(wheel).digest('hex');
  if (!UV_HASHES.includes(hash)) throw new Error(`the index gives another uv than the released one (${hash})`);
  return wheel;
}

async function install(wheel: Buffer, folder: string, own: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(folder, '.installing-'));
  try {
    await writeFile(join(temporary, 'uv'), '', { mode: 0o755 });
    const file = await open(join(temporary, 'uv'), 'w');
    await pipeline(await openProgram(wheel), file.createWriteStream());
    await rm(join(own, '..'), { recursive: true, force: true });
    await rename(temporary, join(own, '..'));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The wheel is a ZIP file with the program among its scripts. */
async function openProgram(wheel: Buffer): Promise<NodeJS.ReadableStream> {
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    fromBuffer(wheel, { lazyEntries: true }, (error, opened) => (error === null ? resolve(opened) : reject(error))),
  );
  const entry = await new Promise<Entry>((resolve, reject) => {
    zip.on('entry', (found: Entry) => (found.fileName.endsWith('/scripts/uv') ? resolve(found) : zip.readEntry()));
    zip.once('end', () => reject(new Error('the wheel holds no uv')));
    zip.once('error', reject);
    zip.readEntry();
  });
  return new Promise((resolve, reject) =>
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error))),
  );
}
