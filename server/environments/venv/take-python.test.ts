import { expect, test } from 'vitest';
import { parseConfig } from '#server/kernel/config.ts';
import { pythonConfig } from '../python-settings.ts';
import { parsePythonVersion } from '../python-requirements/python-version.ts';
import type { Interpreter } from './find-interpreters.ts';
import type { PythonToolchain } from './python-toolchain.ts';
import { takePython } from './take-python.ts';
import { venvFolders } from './tool-environment.ts';

const user = { signal: new AbortController().signal, onLine: () => undefined };
const interpreter = (version: string): Interpreter => ({
  path: `/python/${version}`,
  version: parsePythonVersion(version)!,
});

/** A host with these Pythons and a uv that can fetch those. Says what was asked of uv. */
function host(here: string[], fetchable: string[], downloads: 'auto' | 'never' = 'auto') {
  const found = here.map(interpreter);
  const asked: string[] = [];
  const tools: PythonToolchain = {
    folders: venvFolders('/nowhere'),
    settings: parseConfig(pythonConfig, { VIRIDIAN_PYTHON_DOWNLOADS: downloads }),
    start: () => Promise.resolve(),
    interpreters: () => Promise.resolve(found),
    run: () => Promise.reject(new Error('Nothing is run.')),
    uv(args) {
      const wanted = args.at(-1) ?? '';
      asked.push(wanted);
      const fits = fetchable.filter((version) => version.startsWith(wanted));
      found.push(...fits.map(interpreter));
      return Promise.resolve({ status: fits.length > 0 ? 0 : 2, stdout: '', output: '', timedOut: false });
    },
  };
  return { tools, asked };
}

test('a Python of the host is taken before one is fetched', async () => {
  const { tools, asked } = host(['3.11.2'], ['3.11.9']);
  const { python, warnings } = await takePython('3.11.7', tools, user);
  expect([python.path, warnings, asked]).toEqual(['/python/3.11.2', [], []]);
});

test('one that is not there is fetched', async () => {
  const { tools, asked } = host(['3.11.2'], ['3.9.18']);
  const { python, warnings } = await takePython('3.9', tools, user);
  expect([python.path, warnings, asked]).toEqual(['/python/3.9.18', [], ['3.9']]);
});

test('a host without Python gets the usual one where nothing is asked for', async () => {
  const { tools } = host([], ['3.12.4']);
  expect((await takePython(null, tools, user)).python.path).toBe('/python/3.12.4');
});

test('the nearest one is taken where it cannot or may not be fetched, and the reason is said', async () => {
  expect((await takePython('3.9', host(['3.11.2'], []).tools, user)).warnings).toEqual([
    expect.stringContaining('could not be fetched: Python 3.11.2 is used'),
  ]);
  const forbidden = host(['3.11.2'], ['3.9.18'], 'never');
  expect((await takePython('3.9', forbidden.tools, user)).warnings).toEqual([
    expect.stringContaining('VIRIDIAN_PYTHON_DOWNLOADS'),
  ]);
  expect(forbidden.asked).toEqual([]);
});

test('without any Python the build fails with how to get one', async () => {
  await expect(takePython('3.9', host([], []).tools, user)).rejects.toMatchObject({
    code: 'deployment.python_unavailable',
    message: expect.stringMatching(/no Python 3\.9 on this host.*apt install python3/),
  });
});
