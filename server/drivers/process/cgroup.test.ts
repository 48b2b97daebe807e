import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCgroupRoot } from './cgroup.ts';

/** A folder that looks like a mounted hierarchy: what the kernel would refuse is not refused here, only what files can show. */
let mount: string;
const mounts = () => `proc /proc proc rw 0 0\ncgroup2 ${mount} cgroup2 rw,relatime 0 0\n`;
const SELF = '4:memory:/old\n0::/service/main\n';

beforeEach(async () => {
  mount = await mkdtemp(join(tmpdir(), 'viridian-cgroup-'));
  await mkdir(join(mount, 'service', 'main'), { recursive: true });
});

afterEach(() => rm(mount, { recursive: true, force: true }));

test('a hierarchy that has no memory controller is not used', async () => {
  await writeFile(join(mount, 'service', 'main', 'cgroup.controllers'), 'cpu pids\n');
  await writeFile(join(mount, 'service', 'cgroup.controllers'), 'cpu pids\n');
  expect(await openCgroupRoot('a1', mounts(), SELF)).toBeNull();
});

test('a host without the second version of control groups has none', async () => {
  expect(await openCgroupRoot('a1', 'proc /proc proc rw 0 0\n', SELF)).toBeNull();
  expect(await openCgroupRoot('a1', mounts(), '4:memory:/old\n')).toBeNull();
});

test('the group above our own is used where our own cannot have limited children', async () => {
  await writeFile(join(mount, 'service', 'cgroup.controllers'), 'cpu memory\n');
  const root = await openCgroupRoot('a1', mounts(), SELF);
  const procs = await root?.prepare('iris.blue.1', 512);
  const folder = join(mount, 'service', 'viridian-instances-a1', 'iris.blue.1');
  expect(procs).toBe(join(folder, 'cgroup.procs'));
  expect(await readFile(join(folder, 'memory.max'), 'utf8')).toBe(String(512 * 1024 * 1024));
  expect(await readFile(join(mount, 'service', 'cgroup.subtree_control'), 'utf8')).toBe('+memory');
});

test('kills are counted from the events of the group', async () => {
  await writeFile(join(mount, 'service', 'cgroup.controllers'), 'memory\n');
  const root = await openCgroupRoot('a1', mounts(), SELF);
  await root?.prepare('iris.blue.1', 512);
  expect(await root?.countKills('iris.blue.1')).toBe(0);
  const events = 'low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\n';
  await writeFile(join(mount, 'service', 'viridian-instances-a1', 'iris.blue.1', 'memory.events'), events);
  expect(await root?.countKills('iris.blue.1')).toBe(2);
});

test('removing a group that is gone succeeds', async () => {
  await writeFile(join(mount, 'service', 'cgroup.controllers'), 'memory\n');
  const root = await openCgroupRoot('a1', mounts(), SELF);
  await root?.remove('iris.blue.none');
  expect(await readdir(join(mount, 'service', 'viridian-instances-a1'))).toEqual(['cgroup.subtree_control']);
});
