import { Agent, request } from 'node:http';
import { expect, type Stack } from './stack.ts';

/** A row of the iris sample, as its sample request has it. */
export const IRIS_ROWS = {
  input_data: {
    columns: ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'],
    index: [0],
    data: [[5.1, 3.5, 1.4, 0.2]],
  },
};

export type Iris = 'sample:iris-1' | 'sample:iris-2';

interface Accepted {
  id: string;
}

export interface Prediction {
  status: number;
  deployment: string | undefined;
  body: string;
}

/** Puts a deployment of any kind and returns the operation that makes it. */
export async function putDeployment(stack: Stack, endpoint: string, name: string, body: object): Promise<string> {
  const operation = await stack.api<Accepted>('PUT', `/endpoints/${endpoint}/deployments/${name}`, {
    instance_type: 'cpu-1',
    instance_count: 1,
    ...body,
  });
  return operation.id;
}

/** An endpoint with these deployments of the iris sample, ready, and this split. */
export async function makeEndpoint(
  stack: Stack,
  endpoint: string,
  deployments: Record<string, Iris>,
  traffic?: Record<string, number>,
): Promise<void> {
  await stack.api('PUT', `/endpoints/${endpoint}`, {});
  const operations = [];
  for (const [name, path] of Object.entries(deployments)) {
    operations.push(await putDeployment(stack, endpoint, name, { model: { path } }));
  }
  for (const id of operations) expect(await stack.waitForOperation(id)).toMatchObject({ status: 'succeeded' });
  if (traffic) await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { traffic });
}

/** Deletes an endpoint with everything in it and waits until it is gone. */
export async function removeEndpoint(stack: Stack, endpoint: string): Promise<void> {
  const { id } = await stack.api<Accepted>('DELETE', `/endpoints/${endpoint}`);
  expect(await stack.waitForOperation(id)).toMatchObject({ status: 'succeeded' });
}

/** Primary key of an endpoint. */
export async function keyOf(stack: Stack, endpoint: string): Promise<string> {
  return (await stack.api<{ primary_key: string }>('GET', `/endpoints/${endpoint}/keys`)).primary_key;
}

export interface Call {
  endpoint: string;
  key: string;
  /** Sent as `azureml-model-deployment`. */
  deployment?: string;
  agent?: Agent;
  /** A row of the iris sample when left out. */
  body?: unknown;
}

/** One real prediction through the gateway. */
export function predict(
  stack: Stack,
  { endpoint, key, deployment, agent, body: asked = IRIS_ROWS }: Call,
): Promise<Prediction> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${stack.gatewayUrl}/${endpoint}/score`,
      {
        method: 'POST',
        ...(agent && { agent }),
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          ...(deployment !== undefined && { 'azureml-model-deployment': deployment }),
        },
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (body += chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const name = answer.headers['azureml-model-deployment'];
          resolve({ status: answer.statusCode ?? 0, deployment: typeof name === 'string' ? name : undefined, body });
        });
      },
    );
    call.once('error', reject);
    call.end(JSON.stringify(asked));
  });
}

/**
 * Who answers 100 predictions in a row on each of several connections. A connection belongs to one gateway worker, and every worker splits on
 * its own, so each of them is asked for whole hundreds and the counts are exact.
 */
export async function countAnswers(
  stack: Stack,
  endpoint: string,
  connections = 4,
): Promise<{ total: number; shares: Record<string, number> }> {
  const key = await keyOf(stack, endpoint);
  const counts: Record<string, number> = {};
  const ask = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let sent = 0; sent < 100; sent += 1) {
      const { status, deployment, body } = await predict(stack, { endpoint, key, agent });
      expect(status, body).toBe(200);
      counts[deployment ?? 'none'] = (counts[deployment ?? 'none'] ?? 0) + 1;
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: connections }, ask));
  const shares = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / connections]));
  return { total: connections * 100, shares };
}
