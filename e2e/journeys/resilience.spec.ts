import { createServer } from 'node:net';
import { expect, test } from '@playwright/test';
import { startProduct } from '#server/testing/start-product.ts';
import { asStack, OWNER, type Stack } from '../support/stack.ts';
import { keyOf, makeEndpoint, predict, type Prediction } from '../support/endpoints.ts';

test.describe.serial('a product whose processes are killed', () => {
  const endpoint = 'iris';
  let stack: Stack;

  test.beforeAll(async () => {
    stack = asStack(await startProduct(OWNER));
    await makeEndpoint(stack, endpoint, { blue: 'sample:iris-1' }, { blue: 100 });
  });

  test.afterAll(async () => {
    await stack.stop();
  });

  for (const name of ['control_plane', 'telemetry', 'studio']) {
    test(`comes back when ${name.replace('_', ' ')} is killed, and no prediction fails meanwhile`, async () => {
      const predictions = await keepPredicting(stack, endpoint);
      const killed = await pidOf(stack, name);
      process.kill(killed, 'SIGKILL');
      await expectBack(stack, name, killed);
      const seen = await predictions.end();
      expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
      expect(seen.length).toBeGreaterThan(0);
    });
  }

  test('a page that is open while the control plane is away goes on by itself', async ({ page }) => {
    await stack.signIn(page);
    await page.goto(`${stack.studioUrl}/endpoints/${endpoint}`);
    await expect(page.getByRole('heading', { level: 1, name: endpoint })).toBeVisible();
    const killed = await pidOf(stack, 'control_plane');
    process.kill(killed, 'SIGKILL');
    await expectBack(stack, 'control_plane', killed);
    await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { traffic: { blue: 0 }, reason: 'after the kill' });
    await expect(page.getByText('No live traffic')).toBeVisible({ timeout: 30_000 });
  });

  test('a second start on the same data directory is refused in words', async () => {
    await expect(startProduct(OWNER, stack.dataDir)).rejects.toThrow(
      `Viridian already runs on ${stack.dataDir} (pid ${stack.supervisor.pid}). Stop it first, or set VIRIDIAN_DATA_DIR`,
    );
    expect(await answers(stack)).toEqual({ health: 'ok', studio: 200 });
  });
});

test('a port that another program holds is named with its setting', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(startProduct({ ...OWNER, VIRIDIAN_GATEWAY_PORT: String(port) })).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or set VIRIDIAN_GATEWAY_PORT`,
  );
  await new Promise((resolve) => other.close(resolve));
});

async function pidOf(stack: Stack, name: string): Promise<number> {
  const pid = (await stack.readPids())[name];
  return typeof pid === 'number' ? pid : 0;
}

/** Waits until another process has taken the killed one's place and every part of the product answers again. */
async function expectBack(stack: Stack, name: string, killed: number): Promise<void> {
  await expect.poll(async () => ![0, killed].includes(await pidOf(stack, name)), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => answers(stack), { timeout: 30_000 }).toEqual({ health: 'ok', studio: 200 });
}

async function answers(stack: Stack): Promise<{ health: string; studio: number }> {
  const health = fetch(`${stack.apiUrl}/health`).then(
    async (response) => ((await response.json()) as { status: string }).status,
    () => 'no answer',
  );
  const studio = fetch(`${stack.studioUrl}/sign-in`).then(
    ({ status }) => status,
    () => 0,
  );
  return { health: await health, studio: await studio };
}

/** Predicts without a pause until it is told to end; begins once the first has been answered. */
async function keepPredicting(stack: Stack, endpoint: string): Promise<{ end: () => Promise<Prediction[]> }> {
  const key = await keyOf(stack, endpoint);
  const seen = [await predict(stack, { endpoint, key })];
  let ended = false;
  const loop = (async () => {
    while (!ended) {
      seen.push(
        await predict(stack, { endpoint, key }).catch((error: unknown) => ({
          status: 0,
          deployment: undefined,
          body: String(error),
        })),
      );
    }
  })();
  return {
    async end() {
      ended = true;
      await loop;
      return seen;
    },
  };
}
