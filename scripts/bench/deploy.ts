import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasDocker } from '#server/testing/require-docker.ts';
import { measureContainers } from './deploy-containers.ts';
import { measureManyContainers } from './many-containers.ts';
import { startBackEnd, type BackEnd } from '#server/testing/start-back-end.ts';

/**
 * `npm run bench:deploy`: how long a person waits. Starts telemetry, gateway and control plane as processes over an empty data directory and measures
 * over the REST API and the gateway's port, as a client sees it:
 *
 * - **create → first 200**: from sending `PUT …/deployments/…` of the iris sample to the first prediction answered through the gateway;
 * - **create → operation ended**: until the operation says `succeeded`;
 * - **update → operation ended**: a second version in place of the first, the old instance stopped;
 * - **traffic → every worker**: from sending `PUT …/traffic` to its answer, which comes when every worker serves the split. After each answer
 *   predictions on fresh connections must all come from the new deployment.
 *
 * - **containers**, where there is a Docker engine: see deploy-containers.ts, and many-containers.ts for 200 of them, which takes minutes.
 *
 *   npm run bench:deploy -- --runs 20 --switches 100 --workers 2 --many 3
 */

/** What the product is held to, in milliseconds at the 95th percentile. */
const AIMS: Readonly<Record<string, number>> = {
  'create → first 200': 3_000,
  'traffic → every worker': 100,
  'warm image → first 200': 3_000,
  'first pass over 200 containers': 1_000,
};

const ROOT = join(import.meta.dirname, '../..');
const SAMPLE = readFileSync(join(ROOT, 'samples/iris/v1/model/sample-request.json'));
const POLL_MS = 5;
const CHECKS_AFTER_SWITCH = 8;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    switches: { type: 'string', default: '50' },
    workers: { type: 'string', default: '2' },
    many: { type: 'string', default: '3' },
  },
});

await main();

async function main(): Promise<void> {
  const backEnd = await startBackEnd({ VIRIDIAN_GATEWAY_WORKERS: options.workers });
  try {
    const measured = new Map<string, number[]>();
    const note = (what: string, ms: number): void => void measured.set(what, [...(measured.get(what) ?? []), ms]);
    for (const version of ['1', '2']) {
      await expectStatus(backEnd.call('POST', '/models/iris/versions', { path: `sample:iris-${version}` }), 201);
    }
    for (let run = 0; run < Number(options.runs); run += 1) await measureDeploy(backEnd, `bench-${run}`, note);
    await measureSwitches(backEnd, Number(options.switches), note);
    if (hasDocker) {
      await measureContainers(backEnd, Number(options.runs), note, { createEndpoint, expectStatus, succeeded });
      if (Number(options.many) > 0) await measureManyContainers(Number(options.many), note);
    } else {
      console.log('No Docker engine: the rows about containers are left out.');
    }
    printTable(measured);
  } finally {
    await backEnd.stop();
  }
}

type Note = (what: string, ms: number) => void;

async function measureDeploy(backEnd: BackEnd, endpoint: string, note: Note): Promise<void> {
  const key = await createEndpoint(backEnd, endpoint);
  const startedAt = performance.now();
  const operation = await putDeployment(backEnd, endpoint, 'blue', '1', '?all_traffic=true');
  while ((await predict(backEnd, endpoint, key)).status !== 200) await pause();
  note('create → first 200', performance.now() - startedAt);
  await succeeded(backEnd, operation);
  note('create → operation ended', performance.now() - startedAt);
  const updatedAt = performance.now();
  await succeeded(backEnd, await putDeployment(backEnd, endpoint, 'blue', '2', ''));
  note('update → operation ended', performance.now() - updatedAt);
  const deleted = await expectStatus(backEnd.call('DELETE', `/endpoints/${endpoint}`), 202);
  await succeeded(backEnd, String(deleted['id']));
}

async function measureSwitches(backEnd: BackEnd, switches: number, note: Note): Promise<void> {
  const key = await createEndpoint(backEnd, 'switch');
  for (const [name, version] of [
    ['blue', '1'],
    ['green', '2'],
  ] as const) {
    await succeeded(backEnd, await putDeployment(backEnd, 'switch', name, version, ''));
  }
  for (let turn = 0; turn < switches; turn += 1) {
    const name = turn % 2 === 0 ? 'blue' : 'green';
    const startedAt = performance.now();
    await expectStatus(backEnd.call('PUT', '/endpoints/switch/traffic', { traffic: { [name]: 100 } }), 200);
    note('traffic → every worker', performance.now() - startedAt);
    const answers = Array.from({ length: CHECKS_AFTER_SWITCH }, () => predict(backEnd, 'switch', key));
    const strays = (await Promise.all(answers)).filter(({ deployment }) => deployment !== name);
    if (strays.length > 0)
      throw new Error(`${strays.length} predictions after the answer came from another deployment.`);
  }
}

async function createEndpoint(backEnd: BackEnd, name: string): Promise<string> {
  await expectStatus(backEnd.call('PUT', `/endpoints/${name}`, {}), 201);
  return String((await expectStatus(backEnd.call('GET', `/endpoints/${name}/keys`), 200))['primary_key']);
}

async function putDeployment(backEnd: BackEnd, endpoint: string, name: string, version: string, query: string) {
  const body = { model: `azureml:iris:${version}`, instance_type: 'cpu-1', instance_count: 1 };
  const path = `/endpoints/${endpoint}/deployments/${name}${query}`;
  return String((await expectStatus(backEnd.call('PUT', path, body), 202))['id']);
}

async function succeeded(backEnd: BackEnd, operation: string): Promise<void> {
  for (;;) {
    const body = await expectStatus(backEnd.call('GET', `/operations/${operation}`), 200);
    if (body['status'] === 'succeeded') return;
    if (body['status'] !== 'running')
      throw new Error(`An operation ${String(body['status'])}: ${JSON.stringify(body['error'])}`);
    await pause();
  }
}

/** On a connection of its own, so that any worker may answer. */
async function predict(backEnd: BackEnd, endpoint: string, key: string) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close' };
  const response = await fetch(`${backEnd.gatewayUrl}/${endpoint}/score`, { method: 'POST', headers, body: SAMPLE });
  await response.arrayBuffer();
  return { status: response.status, deployment: response.headers.get('azureml-model-deployment') };
}

async function expectStatus(call: ReturnType<BackEnd['call']>, status: number): Promise<Record<string, unknown>> {
  const answer = await call;
  if (answer.status !== status)
    throw new Error(`Expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

function printTable(measured: ReadonlyMap<string, readonly number[]>): void {
  const format = (ms: number | undefined): string => (ms === undefined ? '–' : ms.toFixed(0)).padStart(8);
  process.stdout.write(
    `${'milliseconds'.padEnd(44)}${['runs', 'p50', 'p95', 'max', 'aim'].map((h) => h.padStart(8)).join('')}\n`,
  );
  for (const [what, values] of measured) {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share: number): number | undefined =>
      sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
    const cells = [
      String(sorted.length).padStart(8),
      format(at(0.5)),
      format(at(0.95)),
      format(at(1)),
      format(AIMS[what]),
    ];
    process.stdout.write(`${what.padEnd(44)}${cells.join('')}\n`);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
