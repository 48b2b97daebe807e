import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { detectHostCapabilities, dockerSocketFrom, type HostProbes } from './host-capabilities.ts';

const required = new Set((process.env['VIRIDIAN_REQUIRE'] ?? '').split(','));
let folder: string;
let absent: HostProbes;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-host-'));
  absent = {
    pythonPrograms: [join(folder, 'python3')],
    dockerSocket: join(folder, 'docker.sock'),
    nvidiaSmi: join(folder, 'nvidia-smi'),
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('what is absent is said with its reason and its fix', async () => {
  const host = await detectHostCapabilities(absent);
  for (const capability of [host.python, host.docker, host.gpu]) {
    expect(capability).toMatchObject({
      available: false,
      reason: expect.stringMatching(/\S/),
      fix: expect.stringMatching(/\S/),
    });
  }
  expect(host.docker.reason).toContain(absent.dockerSocket);
  expect(host.gpus).toEqual([]);
  expect(host.cpuCount).toBeGreaterThan(0);
});

test('the first Python that is new enough is taken', async () => {
  const old = await program('python-old', 'echo Python 3.6.9');
  const fresh = await program('python-new', 'echo Python 3.12.4');
  const host = await detectHostCapabilities({ ...absent, pythonPrograms: [old, fresh] });
  expect(host.python).toEqual({ available: true, version: '3.12.4' });
});

test('GPUs are listed with their memory', async () => {
  const nvidiaSmi = await program('nvidia-smi', 'echo "NVIDIA T4, 15360"; echo "NVIDIA T4, 15360"');
  const host = await detectHostCapabilities({ ...absent, nvidiaSmi });
  expect(host.gpus).toEqual([
    { name: 'NVIDIA T4', memory_mib: 15_360 },
    { name: 'NVIDIA T4', memory_mib: 15_360 },
  ]);
});

test('a driver without a GPU is told apart from no driver', async () => {
  const nvidiaSmi = await program('nvidia-smi', '[ "$1" = --help ] && exit 0; exit 9');
  const host = await detectHostCapabilities({ ...absent, nvidiaSmi });
  expect(host.gpu.reason).toContain('reports no GPU');
});

test('something else behind the Docker socket is not taken for Docker', async () => {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(absent.dockerSocket, resolve));
  const host = await detectHostCapabilities(absent);
  await new Promise((resolve) => server.close(resolve));
  expect(host.docker).toMatchObject({ available: false, reason: expect.stringContaining('no usable answer') });
});

test.runIf(required.has('docker'))('a running Docker engine is found with its version', async () => {
  const host = await detectHostCapabilities({ ...absent, dockerSocket: dockerSocketFrom(process.env['DOCKER_HOST']) });
  expect(host.docker).toEqual({ available: true, version: expect.stringMatching(/^\d+\.\d+.* \(API 1\.\d+\)$/) });
});

test.runIf(required.has('python'))('an installed Python is found with its version', async () => {
  const host = await detectHostCapabilities({ ...absent, pythonPrograms: ['python3'] });
  expect(host.python).toMatchObject({ available: true, version: expect.stringMatching(/^3\./) });
});
