import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createTestAuthority } from '#server/tls/certificate-fixture.ts';
import { fetchUv, type FetchUvOptions } from './fetch-uv.ts';
import { startPackageIndex, type PackageIndex } from './package-index-fixture.ts';
import { provideUv, type UvDeps } from './provide-uv.ts';
import { OLDEST_UV, UV_VERSION } from './uv-release.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-uv-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run: UvDeps['run'] = (program, args) =>
  new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) =>
      resolve({
        status: error === null ? 0 : Number(error.code),
        stdout,
        output: `${stdout}${stderr}`,
        timedOut: false,
      }),
    );
  });

const deps = (changes: Partial<UvDeps> = {}): UvDeps => ({
  folder: join(folder, 'uv'),
  hostPath: join(folder, 'bin'),
  interpreters: () => Promise.resolve([]),
  run,
  fetch: () => Promise.reject(new Error('Nothing answers.')),
  onLine: () => undefined,
  ...changes,
});

async function program(path: string, script: string): Promise<string> {
  const whole = join(folder, path);
  await mkdir(join(whole, '..'), { recursive: true });
  await writeFile(whole, `#!/bin/sh\n${script}\n`);
  await chmod(whole, 0o755);
  return whole;
}

describe('uv', () => {
  test('of the search path is taken when it is new enough', async () => {
    const path = await program('bin/uv', `echo uv ${OLDEST_UV.join('.')}.0`);
    expect(await provideUv(deps())).toBe(path);
  });

  test('that is too old, or no uv, is passed over for the pinned one, which is installed once', async () => {
    await program('bin/uv', 'echo uv 0.4.30');
    await program('other/uv', 'exit 1');
    let fetched = 0;
    const own = deps({
      hostPath: `${join(folder, 'bin')}:${join(folder, 'other')}`,
      fetch: async (path) => {
        fetched += 1;
        await writeFile(path, '#!/bin/sh\n', { mode: 0o755 });
      },
    });
    const path = join(folder, 'uv', UV_VERSION, 'uv');
    expect([await provideUv(own), await provideUv(own)]).toEqual([path, path]);
    expect(fetched).toBe(1);
    expect(await readdir(join(folder, 'uv'))).toEqual([UV_VERSION]);
  });

  test('is installed by the pip of a Python that has one', async () => {
    const without = await program('python/without', 'exit 1');
    const asked = join(folder, 'asked');
    const withPip = await program(
      'python/with',
      `for argument; do case $argument in --target=*) t=\${argument#--target=}; mkdir -p "$t/bin"; echo '#!/bin/sh' > "$t/bin/uv"; chmod +x "$t/bin/uv"; echo "$@" > ${asked};; esac; done`,
    );
    const interpreters = [without, withPip].map((path) => ({ path, version: [3, 11, 2] as const }));
    await provideUv(deps({ interpreters: () => Promise.resolve(interpreters) }));
    expect(await readFile(asked, 'utf8')).toContain('--require-hashes');
    expect((await stat(join(folder, 'uv', UV_VERSION, 'uv'))).mode & 0o100).toBe(0o100);
  });

  test('that cannot be had is asked for in words', async () => {
    await expect(provideUv(deps())).rejects.toMatchObject({
      code: 'deployment.packages_unreachable',
      message: expect.stringMatching(/Nothing answers\. .*put uv on the PATH/),
    });
    const broken = await program(
      'python/broken',
      'case "$*" in *install*) echo "Connection refused"; exit 1;; esac; exit 0',
    );
    const interpreters = [{ path: broken, version: [3, 11, 2] as const }];
    await expect(provideUv(deps({ interpreters: () => Promise.resolve(interpreters) }))).rejects.toMatchObject({
      code: 'deployment.packages_unreachable',
    });
    expect(await readdir(join(folder, 'uv', UV_VERSION))).toEqual([]);
  });
});

/** Platforms that this test may run on, as wheels of uv are tagged. */
const TAGS = [
  'manylinux_2_17_x86_64.manylinux2014_x86_64',
  'manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64',
  'musllinux_1_1_x86_64',
  'macosx_10_12_x86_64',
  'macosx_11_0_arm64',
];

describe('uv from an index, without the help of a Python', () => {
  async function index(): Promise<{ index: PackageIndex; options: FetchUvOptions }> {
    const authority = await createTestAuthority();
    const { certificatePem, keyPem } = await authority.issue(['127.0.0.1']);
    const index = await startPackageIndex({ cert: certificatePem, key: keyPem });
    onTestFinished(() => index.close());
    const wheels = TAGS.map((tag) =>
      index.addWheel('uv', UV_VERSION, { tag: `py3-none-${tag}`, program: `#!/bin/sh\necho ${process.arch} ${tag}\n` }),
    );
    const options = {
      indexUrl: index.url,
      authorities: authority.certificatePem,
      proxies: { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined },
      path: join(folder, 'uv-program'),
      signal: new AbortController().signal,
      hashes: wheels.map((wheel) => createHash('sha256').update(wheel).digest('hex')),
    };
    return { index, options };
  }

  test('is the program for this platform', async () => {
    const { options } = await index();
    await fetchUv(options);
    const end = await run(options.path, []);
    expect(end?.stdout).toMatch(process.arch === 'arm64' ? /arm64 .*(aarch64|arm64)/ : /x64 .*x86_64/);
  });

  test('is fetched with the user and password of the index', async () => {
    const { index: protectedIndex, options } = await index();
    protectedIndex.protect('me', 'p@ss');
    await expect(fetchUv(options)).rejects.toThrow(/answered 401/);
    await fetchUv({ ...options, indexUrl: options.indexUrl.replace('//', '//me:p%40ss@') });
    expect((await stat(options.path)).size).toBeGreaterThan(0);
  });

  test('is refused where its hash is not the published one', async () => {
    const { options } = await index();
    await expect(fetchUv({ ...options, hashes: [] })).rejects.toThrow(/its hash is [0-9a-f]{64}/);
    await expect(stat(options.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is refused from an index whose certificate is not trusted, and one that does not answer', async () => {
    const { options } = await index();
    const { certificatePem } = await createTestAuthority();
    await expect(fetchUv({ ...options, authorities: certificatePem })).rejects.toThrow(
      /cannot be reached \(.*certificate/,
    );
    await expect(fetchUv({ ...options, indexUrl: 'http://me:secret@127.0.0.1:9/simple' })).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:9\/simple\/uv\/ cannot be reached/,
    );
  });
});
