import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTritonStandIn } from './testing/stand-in.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const PATIENCE = { timeout: 20_000 };

let folder: string;
let started: ChildProcess[];
beforeEach(async () => {
  started = [];
  folder = await mkdtemp(join(tmpdir(), 'viridian-triton-'));
  await mkdir(join(folder, 'model/repo/net'), { recursive: true });
  await writeTritonStandIn(join(folder, 'tritonserver'));
});
afterEach(async () => {
  for (const { pid } of started) endGroup(pid);
  await rm(folder, { recursive: true, force: true });
});

async function launch(settings: Record<string, string> = {}, program = join(folder, 'tritonserver')) {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [MAIN, program], {
    env: {
      NODE_ENV: 'test',
      PORT: String(port),
      VIRIDIAN_GRPC_PORT: String(grpcPort),
      AZUREML_MODEL_DIR: join(folder, 'model'),
      VIRIDIAN_TRITON_REPOSITORY: 'repo',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as an instance has: it is ended with everything that it started.
    detached: true,
  });
  started.push(child);
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output.text += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { url: `http://127.0.0.1:${port}`, port, grpcPort, child, output, ended };
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const statusOf = (url: string): Promise<number> =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

test('Triton listens where the instance is told to, over the repository, with a port of its own for the rest', async () => {
  const { url, port, grpcPort, output } = await launch();
  await expect.poll(() => statusOf(`${url}/v2/health/ready`), PATIENCE).toBe(200);
  const { options } = (await (await fetch(`${url}/v2`)).json()) as { options: Record<string, string> };
  expect(options).toMatchObject({
    'model-repository': join(folder, 'model/repo'),
    'model-control-mode': 'none',
    'http-address': '127.0.0.1',
    'grpc-address': '127.0.0.1',
    'grpc-port': String(grpcPort),
  });
  const ports = [String(port), options['grpc-port'], options['metrics-port']];
  expect(new Set(ports).size).toBe(3);
  expect(output.text).toContain(`HTTP on port ${port}, gRPC on ${ports[1]}, metrics on ${ports[2]}`);
});

test('the polite signal goes on to Triton, and its end is the instance’s', async () => {
  const { url, child, output, ended } = await launch();
  await expect.poll(() => statusOf(`${url}/v2/health/live`), PATIENCE).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(output.text).toContain('Signal (15) received.');
  expect(await statusOf(`${url}/v2/health/live`)).toBe(0);
});

test('a program that is not there is told, and not tried again', async () => {
  const { ended, output } = await launch({}, '/none/tritonserver');
  expect(await ended).toBe(78);
  expect(output.text).toContain('/none/tritonserver did not start');
});

test.each([
  ['a repository that it refuses', { VIRIDIAN_TRITON_REPOSITORY: 'none' }, 1, 'tritonserver ended with status 1'],
  ['a crash', { DIES: '1' }, 128 + 11, 'tritonserver was ended by SIGSEGV'],
  ['no port', { PORT: '0' }, 78, 'PORT'],
])('%s ends the instance with a status and the reason', async (_, settings, status, words) => {
  const { ended, output } = await launch(settings as Record<string, string>);
  expect(await ended).toBe(status);
  expect(output.text).toContain(words);
});
