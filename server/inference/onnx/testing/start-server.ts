import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../main.ts');
export const SAMPLES = join(import.meta.dirname, '../../../../samples');

/** A model server in a process of its own, as an instance has it. */
export interface TestServer {
  url: string;
  port: number;
  child: ChildProcess;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the exit status once the process is gone. */
  exited: Promise<number | null>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

/** Starts a server over a folder and waits until it serves; one that ends instead has port 0. */
export async function startServer(folder: string, settings: Record<string, string> = {}): Promise<TestServer> {
  const child = spawn(process.execPath, [MAIN], {
    env: { NODE_ENV: 'test', AZUREML_MODEL_DIR: folder, PORT: '0', VIRIDIAN_ONNX_THREADS: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const listening = Promise.withResolvers<number>();
  child.stdout.on('data', (text) => {
    output.stdout += text;
    const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output.stdout)?.[1];
    if (port !== undefined) listening.resolve(Number(port));
  });
  child.stderr.on('data', (text) => (output.stderr += text));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const port = await Promise.race([listening.promise, exited.then(() => 0)]);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited,
    post: (path, body, headers = {}) => post(`${url}${path}`, body, headers),
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Starts a server over a model made for one test. */
export async function startServerOf(
  model: Uint8Array,
  settings: Record<string, string> = {},
  files: Record<string, string | Uint8Array> = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-onnx-'));
  await writeFile(join(folder, 'model.onnx'), model);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const server = await startServer(folder, settings);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await remove();
    },
  };
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method: 'POST',
    body: text,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  return { status: response.status, body: await response.json() };
}
