import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { identityOf } from '#server/kernel/process-identity.ts';
import { createTestAuthority } from '#server/tls/certificate-fixture.ts';
import { startPackageIndex, type PackageIndex } from './package-index-fixture.ts';
import {
  build,
  installUv,
  logOf,
  openWorkplace,
  publicIndexSettings,
  request,
  requiresPython,
  runPython,
  until,
  type Workplace,
} from './venv-fixture.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A process that was killed but not yet collected by its parent does not run. */
const isRunning = (pid: number): boolean => identityOf(pid) !== null;

const untilGone = (pids: number[]): Promise<void> =>
  expect.poll(() => pids.some(isRunning), { timeout: 60_000 }).toBe(false);

describe.runIf(requiresPython)('virtual environments', { timeout: 120_000 }, () => {
  let uv: Awaited<ReturnType<typeof installUv>>;
  let index: PackageIndex;
  const open: Workplace[] = [];

  beforeAll(async () => {
    uv = await installUv();
  }, 180_000);
  afterAll(() => uv.remove());
  afterEach(async () => {
    await Promise.all(open.splice(0).map((workplace) => workplace.remove()));
    await index?.close();
  });

  async function workplace(changes: Parameters<typeof openWorkplace>[0]['environment'] = {}, serving: string[] = []) {
    index = await startPackageIndex();
    const made = await openWorkplace({
      environment: { VIRIDIAN_PIP_INDEX_URL: index.url, VIRIDIAN_PYTHON_DOWNLOADS: 'never', ...changes },
      uvPath: uv.path,
      servingRequirements: serving,
    });
    open.push(made);
    return made;
  }

  test('hold what the public index has, and are built once however many ask', async () => {
    const place = await workplace(publicIndexSettings());
    const asked = request('k', 'six==1.17.0\nidna');
    const states = await Promise.all(Array.from({ length: 5 }, () => place.builder.ensure(asked)));
    expect(new Set(states.map(({ kind }) => kind))).toEqual(new Set(['building']));
    const ended = await until(place, 'k', (found) => found?.state.kind === 'ready');
    expect(await runPython(ended!.state, 'import six, idna; print(six.__version__)')).toBe('1.17.0');
    expect(ended).toMatchObject({
      packages: [{ name: 'idna' }, { name: 'six', version: '1.17.0' }],
      facts: { lock: expect.stringMatching(/six==1\.17\.0 \\\n {4}--hash=sha256:/) },
    });
    expect(ended?.sizeBytes).toBeGreaterThan(10_000);
    const steps = (await logOf(place, 'k')).split('\n').filter((line) => line.startsWith('== '));
    expect(steps).toEqual(['== Find Python', '== Resolve packages', '== Install 2 packages', '== Check']);
    expect(await place.builder.ensure(asked)).toEqual(ended?.state);
    expect(await place.builder.ensure({ ...asked, attempt: 'second' })).toEqual(ended?.state);
  });

  test('are found again after a restart, and what a crash left half-done is swept', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    const state = await build(place, request('k', 'alpha'));
    await mkdir(join(place.folder, 'venvs', 'half', 'bin'), { recursive: true });
    await place.restart();
    expect(await place.builder.ensure(request('k', 'alpha'))).toEqual(state);
    expect(await readdir(join(place.folder, 'venvs'))).toEqual(['k']);
  });

  test('that somebody deleted are built again', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    const state = await build(place, request('k', 'alpha'));
    await rm(join(place.folder, 'venvs', 'k'), { recursive: true });
    expect(await place.builder.ensure(request('k', 'alpha'))).toMatchObject({ kind: 'building' });
    expect(await build(place, request('k', 'alpha'))).toEqual(state);
    expect(await runPython(state, 'import alpha; print(alpha.VERSION)')).toBe('1.0');
  });

  test('share the files of packages', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    await build(place, request('a', 'alpha'));
    await build(place, request('b', 'alpha'));
    const [python] = await readdir(join(place.folder, 'venvs', 'a', 'lib'));
    const files = ['a', 'b'].map((key) =>
      join(place.folder, 'venvs', key, 'lib', python!, 'site-packages', 'alpha.py'),
    );
    const [first, second] = await Promise.all(files.map((file) => stat(file)));
    expect(first?.ino).toBe(second?.ino);
  });

  test('that failed are tried again for another attempt, not for the same one', async () => {
    const place = await workplace();
    const failed = await build(place, request('k', 'alpha'));
    expect(failed).toMatchObject({
      kind: 'failed',
      failure: { code: 'deployment.package_not_found', detail: expect.stringContaining('alpha was not found') },
    });
    expect(await exists(join(place.folder, 'venvs', 'k'))).toBe(false);
    index.addWheel('alpha', '1.0');
    expect(await place.builder.ensure(request('k', 'alpha'))).toEqual(failed);
    expect(await build(place, request('k', 'alpha', { attempt: 'second' }))).toMatchObject({ kind: 'ready' });
  });

  test('whose packages exclude each other say which two, in the words of the solver', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0', { requires: ['gamma<2'] });
    index.addWheel('beta', '1.0', { requires: ['gamma>=2'] });
    index.addWheel('gamma', '1.0');
    index.addWheel('gamma', '2.0');
    expect(await build(place, request('k', 'alpha==1.0\nbeta==1.0'))).toMatchObject({
      failure: {
        code: 'deployment.packages_conflict',
        detail: expect.stringMatching(
          /(alpha==1.0 and beta==1.0|beta==1.0 and alpha==1.0) exclude each other.*depend on gamma/,
        ),
      },
    });
  });

  test('whose definition is wrong fail with its line', async () => {
    const place = await workplace();
    expect(await build(place, request('k', 'alpha\nbeta=1'))).toMatchObject({
      failure: { code: 'request.invalid', detail: expect.stringContaining('line 2') },
    });
  });

  test('that need conda say so by name', async () => {
    const place = await workplace();
    const asked = request('k', '');
    const condaFile = 'dependencies: [openjdk=11, ffmpeg]';
    const definition = { ...asked.definition, condaFile, pipRequirements: null };
    expect(await build(place, { ...asked, definition })).toMatchObject({
      failure: {
        code: 'deployment.package_not_found',
        detail: expect.stringMatching(/openjdk=11, ffmpeg.*Docker runtime/),
      },
    });
  });

  test('are not what a Dockerfile or a saved image makes, which is said; the image below packages is left out with a warning', async () => {
    const place = await workplace();
    const { definition } = request('k', '');
    const dockerfile = { ...definition, build: { contextDir: '/context', dockerfilePath: 'Dockerfile' } };
    expect(await build(place, request('d', '', { definition: dockerfile }))).toMatchObject({
      failure: { code: 'deployment.runtime_unavailable', detail: expect.stringContaining('Dockerfile') },
    });
    const image = { ...definition, image: 'mcr.test/base:1' };
    expect(await build(place, request('i', '', { definition: image }))).toMatchObject({
      kind: 'ready',
      warnings: [expect.stringContaining('mcr.test/base:1 is not used')],
    });
  });

  test('without packages are an interpreter', async () => {
    const place = await workplace();
    const state = await build(place, request('k', ''));
    expect(await runPython(state, 'print(1)')).toBe('1');
  });

  test('whose index cannot be reached say so, with the setting that names it', async () => {
    const place = await workplace({ VIRIDIAN_PIP_INDEX_URL: 'http://127.0.0.1:9/simple' });
    expect(await build(place, request('k', 'alpha'))).toMatchObject({
      failure: {
        code: 'deployment.packages_unreachable',
        detail: expect.stringMatching(/127\.0\.0\.1:9.*refused.*VIRIDIAN_PIP_INDEX_URL/),
      },
    });
  });

  test('are built with the user and password of the index, which no log shows', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    index.protect('me', 'pass-word');
    expect(await build(place, request('k', 'alpha'))).toMatchObject({
      failure: { code: 'deployment.packages_unreachable', detail: expect.stringContaining('401') },
    });
    await place.restart({ VIRIDIAN_PIP_INDEX_URL: index.url.replace('//', '//me:pass-word@') });
    expect(await build(place, request('k', 'alpha\nnone', { attempt: 'second' }))).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(place.store.find('k')) + (await logOf(place, 'k'))).not.toContain('pass-word');
    expect(await build(place, request('k', 'alpha', { attempt: 'third' }))).toMatchObject({ kind: 'ready' });
  });

  test('trust an authority that was named, and no other', async () => {
    const authority = await createTestAuthority();
    const { certificatePem, keyPem } = await authority.issue(['127.0.0.1']);
    const secure = await startPackageIndex({ cert: certificatePem, key: keyPem });
    onTestFinished(() => secure.close());
    secure.addWheel('alpha', '1.0');
    const place = await workplace({ VIRIDIAN_PIP_INDEX_URL: secure.url });
    expect(await build(place, request('k', 'alpha'))).toMatchObject({
      failure: {
        code: 'deployment.packages_unreachable',
        detail: expect.stringMatching(/certificate.*not trusted.*VIRIDIAN_EXTRA_CA_FILE/),
      },
    });
    const file = join(place.folder, 'extra.pem');
    await place.restart({ VIRIDIAN_PIP_INDEX_URL: secure.url, VIRIDIAN_EXTRA_CA_FILE: file });
    expect(await build(place, request('k', 'alpha', { attempt: 'second' }))).toMatchObject({
      failure: { code: 'deployment.packages_unreachable', detail: expect.stringContaining(file) },
    });
    await writeFile(file, authority.certificatePem);
    expect(await build(place, request('k', 'alpha', { attempt: 'third' }))).toMatchObject({ kind: 'ready' });
  });

  test('go through the proxy that was named', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    const seen: string[] = [];
    const proxy = createServer((asked, answer) => {
      seen.push(asked.url ?? '');
      get(asked.url ?? '', (found) => found.pipe(answer.writeHead(found.statusCode ?? 500, found.headers)));
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    await place.restart({ VIRIDIAN_HTTP_PROXY: `http://127.0.0.1:${port}` });
    expect(await build(place, request('k', 'alpha'))).toMatchObject({ kind: 'ready' });
    expect(seen).toContain(`${index.url}/alpha/`);
  });

  test('whose source does not build show its last words', async () => {
    const place = await workplace();
    index.addSource('delta', '1.0', 'sys.exit("fatal: no compiler for this")');
    expect(await build(place, request('k', 'delta'))).toMatchObject({
      failure: {
        code: 'deployment.build_failed',
        detail: expect.stringMatching(/delta==1\.0 has no wheel.*fatal: no compiler for this/),
        logTail: expect.arrayContaining([expect.stringContaining('no compiler')]),
      },
    });
  });

  test('are built without anything of our environment', async () => {
    const place = await workplace();
    process.env['VIRIDIAN_TEST_SECRET'] = 'a-secret-of-ours';
    index.addSource('delta', '1.0', 'sys.exit(" ".join(sorted(os.environ)) + " " + " ".join(os.environ.values()))');
    await build(place, request('k', 'delta'));
    delete process.env['VIRIDIAN_TEST_SECRET'];
    const log = await logOf(place, 'k');
    expect(log).toContain('UV_CACHE_DIR');
    expect(log).not.toContain('VIRIDIAN_TEST_SECRET');
    expect(log).not.toContain('a-secret-of-ours');
  });

  /** A source package that starts a program of its own and never ends. Its numbers stand in the file. */
  function addEndless(place: Workplace, name: string): string {
    const notes = join(place.folder, `${name}.pids`);
    index.addSource(
      name,
      '1.0',
      `child = subprocess.Popen(["sleep", "1000"])\nopen(${JSON.stringify(notes)}, "w").write(f"{os.getpid()} {child.pid}\\n")\nchild.wait()`,
    );
    return notes;
  }

  async function pidsIn(notes: string): Promise<number[]> {
    return expect
      .poll(() => readFile(notes, 'utf8').catch(() => ''), { timeout: 60_000 })
      .toMatch(/^\d+ \d+\n$/)
      .then(async () => (await readFile(notes, 'utf8')).trim().split(' ').map(Number));
  }

  test('end with all their programs when Viridian stops, and begin anew after it', async () => {
    const place = await workplace();
    const notes = addEndless(place, 'delta');
    await place.builder.ensure(request('k', 'delta'));
    const pids = await pidsIn(notes);
    expect(pids.map(isRunning)).toEqual([true, true]);
    await place.builder.stop();
    await untilGone(pids);
    expect(await place.builder.find('k')).toBeNull();
    await expect(place.builder.ensure(request('k', 'delta'))).rejects.toThrow('stopped');
    await place.restart();
    expect(await readdir(join(place.folder, 'venvs'))).toEqual([]);
    expect(await place.builder.ensure(request('k', 'delta'))).toMatchObject({ kind: 'building' });
  });

  test('are given up when nobody wants them, and two are built at a time', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    const notes = ['delta', 'epsilon'].map((name) => addEndless(place, name));
    await place.builder.ensure(request('d', 'delta'));
    await place.builder.ensure(request('e', 'epsilon'));
    const pids = (await Promise.all(notes.map(pidsIn))).flat();
    await place.builder.ensure(request('a', 'alpha'));
    await place.builder.ensure(request('b', 'alpha'));
    expect(place.store.find('a')?.state).toMatchObject({ step: 'Waiting for its turn' });
    await place.builder.retain(new Set(['a']));
    await until(place, 'a', (found) => found?.state.kind === 'ready');
    await untilGone(pids);
    for (const key of ['b', 'd', 'e']) await until(place, key, (found) => found === null);
  });

  test('that a killed process of ours left running are ended at the next start', async () => {
    const place = await workplace();
    const notes = addEndless(place, 'delta');
    await place.builder.ensure(request('k', 'delta'));
    const pids = await pidsIn(notes);
    const again = await openWorkplace({ environment: {}, uvPath: uv.path });
    open.push(again);
    const running = join(place.folder, 'running');
    for (const name of await readdir(running)) {
      await writeFile(join(again.folder, 'running', name), await readFile(join(running, name)));
    }
    await again.restart();
    await untilGone(pids);
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  test('that nobody wants go when the cache is full, wanted ones stay, and come back with the same versions', async () => {
    const place = await workplace({ VIRIDIAN_ENVIRONMENT_CACHE_MIB: '0' });
    index.addWheel('alpha', '1.0');
    await build(place, request('old', 'alpha'));
    await build(place, request('used', 'alpha'));
    await place.builder.retain(new Set(['used']));
    expect(await readdir(join(place.folder, 'venvs'))).toEqual(['used']);
    expect(await place.builder.find('old')).toBeNull();
    index.addWheel('alpha', '2.0');
    const back = await build(place, request('old', 'alpha'));
    expect(await runPython(back, 'import alpha; print(alpha.VERSION)')).toBe('1.0');
    const fresh = await build(place, request('new', 'alpha'));
    expect(await runPython(fresh, 'import alpha; print(alpha.VERSION)')).toBe('2.0');
  });

  test('stay without being wanted as long as the cache holds them', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0');
    const state = await build(place, request('k', 'alpha'));
    await place.builder.retain(new Set());
    expect(await place.builder.ensure(request('k', 'alpha', { attempt: 'later' }))).toEqual(state);
  });

  test('take the nearest Python, with a warning, where the one asked for is not there', async () => {
    const place = await workplace();
    const asked = request('k', '');
    const state = await build(place, { ...asked, definition: { ...asked.definition, pythonVersion: '3.6' } });
    expect(state).toMatchObject({
      kind: 'ready',
      warnings: [
        expect.stringMatching(/^Python 3\.6 is not on this host and may not be fetched.*Python 3\.\d+\.\d+ is used/),
      ],
    });
  });

  test('take the nearest Python where the one asked for may be fetched but nothing can be reached', async () => {
    const place = await workplace({
      VIRIDIAN_PYTHON_DOWNLOADS: 'auto',
      VIRIDIAN_HTTPS_PROXY: 'http://127.0.0.1:9',
    });
    const asked = request('k', '');
    const state = await build(place, { ...asked, definition: { ...asked.definition, pythonVersion: '3.8' } });
    expect(state).toMatchObject({ kind: 'ready', warnings: [expect.stringContaining('could not be fetched')] });
    expect(await logOf(place, 'k')).toMatch(/Fetching Python 3\.8\n[^]*Failed to download/);
  });

  test('without any Python on the host say how to get one', async () => {
    index = await startPackageIndex();
    const place = await openWorkplace({
      environment: { VIRIDIAN_PYTHON_DOWNLOADS: 'never' },
      uvPath: uv.path,
      hostPath: '/nonexistent',
    });
    open.push(place);
    expect(await build(place, request('k', ''))).toMatchObject({
      failure: { code: 'deployment.python_unavailable', detail: expect.stringContaining('apt install python3') },
    });
  });

  test('whose packages want another Python say so', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0', { requiresPython: '>=4' });
    expect(await build(place, request('k', 'alpha'))).toMatchObject({
      failure: { code: 'deployment.python_unavailable', detail: expect.stringContaining('alpha') },
    });
  });

  test('have what the model server likes where there are wheels of it, and do without it elsewhere', async () => {
    const place = await workplace({}, ['swift', 'turbo>=1', 'alpha==2.0']);
    index.addWheel('alpha', '1.0');
    index.addWheel('swift', '1.0');
    index.addSource('turbo', '1.0', 'sys.exit("never built")');
    const state = await build(place, request('k', 'alpha==1.0', { servesPython: true }));
    expect(state).toMatchObject({
      kind: 'ready',
      warnings: [expect.stringMatching(/^turbo is left out/)],
    });
    expect(place.store.find('k')?.packages).toEqual([
      { name: 'alpha', version: '1.0' },
      { name: 'swift', version: '1.0' },
    ]);
  });

  test('can be asked for before they are built: what would be installed, or why not', async () => {
    const place = await workplace();
    index.addWheel('alpha', '1.0', { requires: ['beta>=3'] });
    index.addWheel('beta', '2.0');
    index.addWheel('beta', '3.0');
    const ask = (pipRequirements: string | null, condaFile: string | null = null) =>
      place.builder.checkRequirements(
        { definition: { pipRequirements, condaFile, pythonVersion: null }, servesPython: false },
        new AbortController().signal,
      );
    expect(await ask('alpha')).toMatchObject({
      kind: 'resolved',
      packages: [
        { name: 'alpha', version: '1.0' },
        { name: 'beta', version: '3.0' },
      ],
    });
    expect(await ask('alpha\nbeta<3')).toMatchObject({ kind: 'failed', code: 'deployment.packages_conflict' });
    expect(await ask('alpha=1')).toMatchObject({ kind: 'failed', code: 'request.invalid' });
    expect(await ask(null, 'dependencies: [ffmpeg]')).toMatchObject({ kind: 'failed', unmapped: ['ffmpeg'] });
    expect(await readdir(join(place.folder, 'venvs'))).toEqual([]);
  });
});
