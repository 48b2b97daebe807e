import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { AppError } from '#server/kernel/app-error.ts';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import type { PythonSettings } from '../python-settings.ts';

/** Folders under `<dataDir>/environments` that virtual environments need. */
export interface VenvFolders {
  venvs: string;
  locks: string;
  uv: string;
  cache: string;
  pythons: string;
  home: string;
  tmp: string;
  running: string;
  certificates: string;
}

export function venvFolders(root: string): VenvFolders {
  return {
    venvs: join(root, 'venvs'),
    locks: join(root, 'locks'),
    uv: join(root, 'uv'),
    cache: join(root, 'uv-cache'),
    pythons: join(root, 'pythons'),
    home: join(root, 'home'),
    tmp: join(root, 'tmp'),
    running: join(root, 'running'),
    certificates: join(root, 'authorities.pem'),
  };
}

/**
 * All that uv, pip and the builds of packages see of the environment: settings of builds and nothing of this process, whose variables hold
 * secrets. Configuration files of the user are not read either, so that a build is the same whoever starts Viridian.
 * @param hostPath `PATH`, where compilers and git are looked for
 */
export function toolEnvironment(
  settings: PythonSettings,
  folders: VenvFolders,
  hostPath: string,
): Record<string, string> {
  return {
    PATH: hostPath,
    HOME: folders.home,
    TMPDIR: folders.tmp,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    GIT_TERMINAL_PROMPT: '0',
    UV_CACHE_DIR: folders.cache,
    UV_PYTHON_INSTALL_DIR: folders.pythons,
    // Only when it is told to install one, which it is where the settings allow that.
    UV_PYTHON_DOWNLOADS: 'manual',
    UV_NO_CONFIG: '1',
    UV_NO_PROGRESS: '1',
    UV_KEYRING_PROVIDER: 'disabled',
    // Copied where the file system has no links.
    UV_LINK_MODE: 'hardlink',
    UV_HTTP_RETRIES: '2',
    UV_DEFAULT_INDEX: settings.VIRIDIAN_PIP_INDEX_URL,
    UV_INDEX: settings.VIRIDIAN_PIP_EXTRA_INDEX_URLS.join(' '),
    PIP_CONFIG_FILE: '/dev/null',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_INDEX_URL: settings.VIRIDIAN_PIP_INDEX_URL,
    ...authorityVariables(folders.certificates),
    ...proxyVariables(settings),
  };
}

/** Each tool has its own name for the file of trusted authorities. */
function authorityVariables(file: string): Record<string, string> {
  const names = ['SSL_CERT_FILE', 'PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'];
  return Object.fromEntries(names.map((name) => [name, file]));
}

/** Programs differ in which spelling they read. */
function proxyVariables(settings: PythonSettings): Record<string, string> {
  const values = {
    http_proxy: settings.VIRIDIAN_HTTP_PROXY,
    https_proxy: settings.VIRIDIAN_HTTPS_PROXY,
    no_proxy: settings.VIRIDIAN_NO_PROXY,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [
            [name, value],
            [name.toUpperCase(), value],
          ],
    ),
  );
}

/**
 * Writes the authorities that builds believe: the public ones, those of this system, and the extra file. One file for all tools, for each of
 * them takes a file in place of its own list, not besides it.
 * @throws AppError `deployment.packages_unreachable` when the extra file cannot be read or holds no certificate
 */
export async function writeAuthorities(path: string, extraFile: string | undefined): Promise<void> {
  const extra = extraFile === undefined ? [] : [await readAuthorities(extraFile)];
  const all = new Set([...getCACertificates('bundled'), ...getCACertificates('system'), ...extra]);
  await writeFileDurably(path, `${[...all].map((pem) => pem.trim()).join('\n')}\n`);
}

async function readAuthorities(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new AppError(
      'deployment.packages_unreachable',
      `The file of VIRIDIAN_EXTRA_CA_FILE cannot be read: ${path} (${error.code ?? error.message}).`,
      { cause: error },
    );
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new AppError(
    'deployment.packages_unreachable',
    `The file of VIRIDIAN_EXTRA_CA_FILE holds no certificate in PEM form: ${path}.`,
  );
}
