import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Database, openDatabase } from '#server/store/database.ts';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import type { FakeGateway } from './fake-gateway.ts';

export const STUDIO_TOKEN = 'a-studio-token-for-tests-0123456789';
export const ADMINISTRATOR = { email: 'admin@example.org', password: 'correct horse battery' };

/** An answer of the API, parsed. */
export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  body: any;
}

/** A stack of a fake world and a fake gateway, for tests of the REST API: who calls it how is theirs to say. */
export interface TestApi extends Omit<TestStack, 'call' | 'gateway'> {
  gateway: FakeGateway;
  /** Looks into what the control plane stored. */
  database: Database;
  /** Answers what `POST /invoke` sends to the gateway. */
  answerPredictions(listener: RequestListener): void;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function startTestApi(environment: Record<string, string> = {}): Promise<TestApi> {
  const predictions = await listenForPredictions();
  const stack = await createTestStack({
    environment: {
      VIRIDIAN_STUDIO_TOKEN: STUDIO_TOKEN,
      VIRIDIAN_GATEWAY_PORT: String(predictions.port),
      VIRIDIAN_ADMIN_EMAIL: ADMINISTRATOR.email,
      VIRIDIAN_ADMIN_PASSWORD: ADMINISTRATOR.password,
      ...environment,
    },
  });
  const { gateway, apiUrl, apiKey } = stack;
  if (gateway === null) throw new Error('The stack came without its fake gateway.');
  const database = openDatabase(stack.dataDir.database);

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const own = {
      authorization: `Bearer ${apiKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = { method, headers: { ...own, ...headers }, ...(body !== undefined && { body: text }) };
    return parseAnswer(await fetch(`${apiUrl}${path}`, init));
  }

  return {
    ...stack,
    gateway,
    database,
    answerPredictions: predictions.answerWith,
    call,
    async stop() {
      database.close();
      await stack.stop();
      await predictions.close();
    },
  };
}

async function parseAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  return { status, headers, body: isJson && text !== '' ? JSON.parse(text) : text };
}

/** Stands where the gateway listens for predictions. */
async function listenForPredictions() {
  let listener: RequestListener = (_request, response) => void response.writeHead(404).end();
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answerWith(next: RequestListener) {
      listener = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
