import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BackEnd } from '#server/testing/start-back-end.ts';
import { uploadArchive } from '#server/testing/upload-archive.ts';

const run = promisify(execFile);

const MODEL = join(import.meta.dirname, '../../server/testing/container-model.py');
const BASE = 'debian:bookworm-slim';
const DOCKERFILE = `FROM ${BASE}\nCOPY model.py /app/model.py\nCMD ["python3", "/app/model.py"]\n`;
const PORT = 8000;
const route = (path: string) => ({ path, port: PORT });
const POLL_MS = 5;

type Note = (what: string, ms: number) => void;

/** What the benchmark of deploys lends: its calls over REST. */
export interface DeployCalls {
  createEndpoint(backEnd: BackEnd, name: string): Promise<string>;
  expectStatus(call: ReturnType<BackEnd['call']>, status: number): Promise<Record<string, unknown>>;
  succeeded(backEnd: BackEnd, operation: string): Promise<void>;
}

/**
 * Containers of a small Python server whose image is there already: what Viridian takes from `PUT` to the first prediction, beside `docker run` and
 * the first answer by hand; then scaling and a rolling update.
 */
export async function measureContainers(backEnd: BackEnd, runs: number, note: Note, calls: DeployCalls): Promise<void> {
  const { createEndpoint, expectStatus, succeeded } = calls;
  const path = await uploadArchive(backEnd, { Dockerfile: DOCKERFILE, 'model.py': readFileSync(MODEL) });
  const inference_config = {
    liveness_route: route('/live'),
    readiness_route: route('/ready'),
    scoring_route: route('/score'),
  };
  await expectStatus(backEnd.call('PUT', '/environments/bench/versions/1', { build: { path }, inference_config }), 201);
  const key = await createEndpoint(backEnd, 'containers');
  const put = async (change: Record<string, unknown>, query = ''): Promise<string> => {
    const body = { environment: 'azureml:bench:1', instance_type: 'cpu-1', instance_count: 1, ...change };
    const answer = backEnd.call('PUT', `/endpoints/containers/deployments/blue${query}`, body);
    return String((await expectStatus(answer, 202))['id']);
  };
  await succeeded(backEnd, await put({}));
  const image = await imageOf(backEnd, calls);
  const network = `viridian-bench-${process.pid}`;
  await run('docker', ['network', 'create', network]);
  for (let turn = 0; turn < runs; turn += 1) {
    const removed = backEnd.call('DELETE', '/endpoints/containers/deployments/blue');
    await succeeded(backEnd, String((await expectStatus(removed, 202))['id']));
    const startedAt = performance.now();
    const operation = await put({}, '?all_traffic=true');
    await firstAnswer(`${backEnd.gatewayUrl}/containers/score`, { authorization: `Bearer ${key}` });
    note('warm image → first 200', performance.now() - startedAt);
    await succeeded(backEnd, operation);
    await expectStatus(backEnd.call('PUT', '/endpoints/containers/traffic', { traffic: {} }), 200);
    note('the same by hand: docker run → first 200', await runByHand(image, network));
  }
  await run('docker', ['network', 'rm', network]);
  const scaledAt = performance.now();
  await succeeded(backEnd, await put({ instance_count: 4 }));
  note('scale 1 → 4', performance.now() - scaledAt);
  const updatedAt = performance.now();
  await succeeded(backEnd, await put({ instance_count: 4, environment_variables: { VERSION: '2' } }));
  note('rolling update of 4', performance.now() - updatedAt);
  const deleted = backEnd.call('DELETE', '/endpoints/containers');
  await succeeded(backEnd, String((await expectStatus(deleted, 202))['id']));
}

async function imageOf(backEnd: BackEnd, { expectStatus }: DeployCalls): Promise<string> {
  const version = await expectStatus(backEnd.call('GET', '/environments/bench/versions/1'), 200);
  const [build] = version['builds'] as { image_id: string }[];
  if (build === undefined) throw new Error('The image of the benchmark was not built.');
  return build.image_id;
}

async function runByHand(image: string, network: string): Promise<number> {
  const startedAt = performance.now();
  const { stdout } = await run('docker', [
    'run',
    '--detach',
    '--rm',
    '--network',
    network,
    '--env',
    `PORT=${PORT}`,
    image,
  ]);
  const container = stdout.trim();
  try {
    const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
    const { stdout: address } = await run('docker', ['inspect', '--format', format, container]);
    await firstAnswer(`http://${address.trim()}:${PORT}/score`, {});
    return performance.now() - startedAt;
  } finally {
    await run('docker', ['kill', container]);
  }
}

/** Asks until somebody answers with 200. */
async function firstAnswer(url: string, headers: Record<string, string>): Promise<void> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, connection: 'close' },
      body: '{}',
    }).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
