import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findInterpreters, type RunProbe } from './find-interpreters.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-pythons-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run: RunProbe = (program, args) =>
  new Promise((resolve) => {
    execFile(program, args, (error, stdout) =>
      resolve({ status: error === null ? 0 : 1, stdout, output: stdout, timedOut: false }),
    );
  });

async function program(path: string, script: string): Promise<string> {
  const whole = join(folder, path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, `#!/bin/sh\n${script}\n`);
  await chmod(whole, 0o755);
  return whole;
}

/** A program that answers as an interpreter of this version does. */
function python(path: string, version: string, changes: Record<string, unknown> = {}): Promise<string> {
  const answer = {
    version,
    path: join(folder, path),
    implementation: 'CPython',
    bits: 64,
    freeThreaded: false,
    final: true,
    ...changes,
  };
  return program(path, `echo '${JSON.stringify(answer)}'`);
}

const find = async (...folders: string[]): Promise<string[]> =>
  (
    await findInterpreters(
      folders.map((name) => join(folder, name)),
      run,
    )
  ).map(({ path, version }) => `${path.slice(folder.length + 1)} ${version.join('.')}`);

test('Pythons are found in the order of the search path, python3 of a folder first, each once', async () => {
  await python('a/python3', '3.11.2');
  await python('a/python3.12', '3.12.4');
  await symlink('python3', join(folder, 'a', 'python'));
  await symlink('python3', join(folder, 'a', 'python3.11'));
  await python('b/python3', '3.10.1');
  expect(await find('a', 'b', 'missing')).toEqual(['a/python3 3.11.2', 'a/python3.12 3.12.4', 'b/python3 3.10.1']);
});

test('a shim is known by the program behind it, and the versions beside it are found', async () => {
  await python('pyenv/versions/3.11.7/bin/python3', '3.11.7');
  await python('pyenv/versions/3.12.1/bin/python3', '3.12.1');
  await program('pyenv/shims/python3', `exec ${join(folder, 'pyenv/versions/3.12.1/bin/python3')}`);
  await program('pyenv/shims/python3.10', 'echo "pyenv: python3.10: command not found" >&2; exit 127');
  expect(await find('pyenv/shims')).toEqual([
    'pyenv/versions/3.12.1/bin/python3 3.12.1',
    'pyenv/versions/3.11.7/bin/python3 3.11.7',
  ]);
});

test('what is no usable Python is not taken', async () => {
  await program('a/python3', 'echo hello');
  await program('a/python3.13', 'exit 3');
  await python('b/python3', '3.7.2');
  await python('c/python3', '2.7.18');
  await python('d/python3', '3.13.1', { freeThreaded: true });
  await python('e/python3', '3.15.0rc1', { final: false });
  await python('f/python3', '3.11.2', { implementation: 'PyPy' });
  await python('g/python3', '3.11.2', { bits: 32 });
  await python('h/pythonista', '3.11.2');
  expect(await find(...'abcdefgh')).toEqual([]);
});
