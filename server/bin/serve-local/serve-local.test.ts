import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import { stopProcess } from '#server/testing/start-process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PROGRAM = join(ROOT, 'server/bin/serve-local.ts');
/** Set up by `npm test`; has onnxruntime and debugpy. */
const PYTHON = join(ROOT, '.venvs/serving/bin/python');
const LIMIT_MS = 120_000;

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

const script = (answer: string): string => `def init(): pass\ndef run(data): return ${answer}\n`;

describe.skipIf(!hasPython)('serve-local (runs where VIRIDIAN_REQUIRE names python)', { timeout: LIMIT_MS }, () => {
  let folder: string;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-local-'));
  });

  afterAll(async () => {
    await Promise.all(started.map(stopProcess));
    await rm(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  function start(...args: string[]) {
    const env = {
      ...process.env,
      VIRIDIAN_DATA_DIR: join(folder, 'data'),
      VIRIDIAN_PYTHON_DOWNLOADS: 'never',
      VIRIDIAN_EXTRA_CA_FILE: process.env['SSL_CERT_FILE'],
    };
    const child = spawn(process.execPath, [PROGRAM, '--port', '0', ...args], { env, cwd: folder });
    started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const says = (text: string, after = 0) =>
      eventually(() => output.includes(text, after), `${text} in:\n${output}`, LIMIT_MS).then(() => output);
    const url = async () => /listening on (http:\S+)/.exec(await says('listening on'))![1]!;
    return { child, ended, says, url, length: () => output.length };
  }

  const score = async (url: string, body = ''): Promise<string> =>
    (await fetch(`${url}/score`, { method: 'POST', body })).text();

  test('serves a script, tells why a change does not start, and goes on with the next', async () => {
    await writeFile(join(folder, 'score.py'), script('1'));
    const server = start('--script', 'score.py');
    const url = await server.url();
    expect(await score(url)).toBe('1');
    await writeFile(join(folder, 'score.py'), script('oh no'));
    const broken = await server.says('It starts again after the next change.');
    expect(broken).toContain('Syntax error');
    expect(broken).toContain('score.py:2');
    const seen = server.length();
    await writeFile(join(folder, 'score.py'), script('2'));
    await server.says('listening on', seen);
    expect(await score(url)).toBe('2');
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  test('serves a model as it lies there, with the packages of a Python that has them', async () => {
    const model = join(ROOT, 'samples/iris/v1');
    const server = start('--model-dir', model, '--python', PYTHON, '--no-reload');
    const ready = await fetch(`${await server.url()}/v2/health/ready`);
    expect(ready.status).toBe(200);
  });

  test('builds an environment once, and lets an editor attach', async () => {
    await mkdir(join(folder, 'packages'));
    await writeFile(join(folder, 'packages/score.py'), `import six\n${script('six.__version__')}`);
    await writeFile(join(folder, 'requirements.txt'), 'six==1.17.0\n');
    const debugPort = await freePort();
    const options = ['--script', 'packages/score.py', '--requirements', 'requirements.txt'];
    const debugging = ['--debug', '--debug-port', String(debugPort)];
    const first = start(...options, ...debugging);
    expect(await score(await first.url())).toBe('"1.17.0"');
    const told = await first.says('launch.json');
    expect(told).toContain('== Install');
    expect(told).toContain(`"port": ${debugPort}`);
    await stopProcess(first.child);
    const second = start(...options, ...debugging);
    expect(await score(await second.url())).toBe('"1.17.0"');
    expect(await second.says('launch.json')).not.toContain('== Install');
  });

  test.each([
    [['--script', 'no.py'], 'Give --script a path that is there'],
    [['--model-dir', '.'], 'Add --script'],
    [['--script', 'score.py', '--python', '/nowhere/python'], '--python FILE'],
    [['--script', 'score.py', '--requirements', 'conflict.txt'], 'six'],
  ])('ends with %j, saying what to change', async (args, words) => {
    await writeFile(join(folder, 'score.py'), script('1'));
    await writeFile(join(folder, 'conflict.txt'), 'six==1.17.0\nsix==1.16.0\n');
    const server = start(...args);
    expect(await server.ended).toBe(2);
    expect(await server.says(words)).toContain(words);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
