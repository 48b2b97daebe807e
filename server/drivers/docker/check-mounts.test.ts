import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkMounts } from './check-mounts.ts';

let folder: string;
let models: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-mounts-'));
  models = join(folder, 'models');
  await mkdir(join(models, 'iris', '1'), { recursive: true });
  await mkdir(join(folder, 'models-of-others'));
  await writeFile(join(folder, 'master.key'), 'secret');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const check = (source: string, target = '/models') => checkMounts([{ source, target }], [models]);

test('a folder below a root may be mounted, also through a link that stays below one', async () => {
  const source = join(models, 'iris', '1');
  expect(await check(source)).toEqual({ kind: 'allowed', mounts: [{ source, target: '/models' }] });
  await symlink(source, join(models, 'newest'));
  expect(await check(join(models, 'newest'))).toMatchObject({ mounts: [{ source }] });
});

test('nothing outside of the roots may be mounted, neither by its name nor by steps upwards nor by a link', async () => {
  await symlink(join(folder, 'master.key'), join(models, 'innocent'));
  const outside = ['/etc', '/var/run', folder, join(folder, 'models-of-others'), `${models}/../master.key`];
  for (const source of [...outside, join(models, 'innocent')]) {
    expect(await check(source)).toMatchObject({ kind: 'refused', code: 'deployment.container_refused' });
  }
});

test('what is not there is told as missing', async () => {
  expect(await check(join(models, 'gone'))).toMatchObject({ kind: 'refused', code: 'deployment.model_missing' });
});

test.each(['/', 'models', '/a/../b', '/proc/self', '/sys', '/dev/shm', '/tmp', '/etc/resolv.conf'])(
  'nothing is mounted at %s',
  async (target) => {
    expect(await check(models, target)).toMatchObject({ kind: 'refused', code: 'deployment.container_refused' });
  },
);
