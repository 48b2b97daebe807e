// oxlint-disable-next-line no-restricted-imports -- the archive is what the engine's own program saves
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import type { Deployment, Instance } from '#lib/contracts/deployment.ts';
import type { Info } from '#lib/contracts/info.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { IRIS_ROWS, keyOf, predict, putDeployment, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, type Stack, test } from '../support/stack.ts';

/** A base that the engine of the tests has; see docs for how it is made without a registry. */
const IMAGE = 'debian:bookworm-slim';
const isRequired = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('docker');

/** Answers GET with "up" and POST with what it got; listens on the port in its first argument. */
const SERVER = `
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def answer(self, body):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(b'"up"')
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["content-length"])))

HTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
`;
const COMMAND = ['python3', '-c', `exec(${JSON.stringify(SERVER)})`, '9000'].join('\n');

test.describe('a container that somebody brings', () => {
  let folder = '';

  test.beforeAll(async ({ stack }) => {
    const { runtimes } = await stack.api<Info>('GET', '/info');
    if (!isRequired) test.skip(!runtimes.docker.available, `No Docker engine: ${runtimes.docker.reason}`);
    folder = await mkdtemp(join(tmpdir(), 'viridian-container-'));
    await mkdir(join(folder, 'server'));
    await writeFile(join(folder, 'server', 'server.py'), SERVER);
    await writeFile(
      join(folder, 'server', 'Dockerfile'),
      `FROM ${IMAGE}\nCOPY server.py /srv/server.py\nCMD ["python3", "/srv/server.py", "9000"]\n`,
    );
  });

  test.afterAll(async () => {
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  test.beforeEach(async ({ page, stack }) => {
    await stack.signIn(page);
  });

  test('by image is deployed, called and edited by clicks', async ({ page, stack }) => {
    test.setTimeout(180_000);
    const guard = guardPage(page);
    await chooseContainer(page);
    await page.getByRole('textbox', { name: 'Image', exact: true }).fill('registry.example.com/team/server:1.0');
    await expect(page.getByText('No credentials are kept for registry.example.com.')).toBeVisible();
    await page.getByRole('textbox', { name: 'Image', exact: true }).fill(IMAGE);
    await page.getByLabel('Port', { exact: true }).fill('9000');
    await page.getByLabel('Command').fill(COMMAND);
    await page.getByLabel('Environment variables').fill('MODE=fast');
    await page.getByLabel('Name', { exact: true }).fill('by-image');
    await page.getByRole('link', { name: 'Review' }).click();
    await expect(page.getByText('How it is kept apart.')).toBeVisible();
    await expect(page.getByRole('group', { name: 'YAML', exact: true })).toContainText(`image: ${IMAGE}`);
    await expectAccessibleEverywhere(page);

    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 90_000 });
    await expectEcho(stack, 'by-image');
    await expectAccessibleEverywhere(page);

    await page.goto('/endpoints/by-image/deployments/blue');
    await expect(page.getByRole('definition').filter({ hasText: IMAGE })).toBeVisible();
    await expectAccessibleEverywhere(page);

    await page.goto('/endpoints/by-image/deployments/new?from=blue&focus=container-port');
    await expect(page.getByLabel('Port', { exact: true })).toBeFocused();
    await expect(page.getByLabel('Port', { exact: true })).toHaveValue('9000');
    await expect(page.getByLabel('Command')).toHaveValue(COMMAND.trim());
    guard.expectClean();
    await removeEndpoint(stack, 'by-image');
  });

  test('and is edited under load answers every call, from instances beside the old ones', async ({ page, stack }) => {
    test.setTimeout(240_000);
    const guard = guardPage(page);
    await stack.api('PUT', '/endpoints/under-load', {});
    const created = await putDeployment(stack, 'under-load', 'blue', {
      environment: { image: IMAGE, inference_config: { scoring_route: { path: '/score', port: 9000 } } },
      environment_variables: { MODE: 'fast' },
      command: COMMAND.split('\n'),
      instance_count: 2,
    });
    expect(await stack.waitForOperation(created)).toMatchObject({ status: 'succeeded' });
    await stack.api('PUT', '/endpoints/under-load/traffic', { traffic: { blue: 100 } });
    const before = await instancesOf(stack, 'under-load');

    const load = await startLoad(stack, 'under-load');
    await page.goto('/endpoints/under-load/deployments/blue');
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await page.getByLabel('Environment variables').fill('MODE=careful');
    await expect(page.getByText('Updated beside the old instances.')).toBeVisible();
    await page.getByRole('button', { name: 'Deploy again' }).click();
    await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 120_000 });
    const { answers, failures } = await load.stop();

    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(100);
    const after = await instancesOf(stack, 'under-load');
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    guard.expectClean();
    await removeEndpoint(stack, 'under-load');
  });

  test('by Dockerfile is built from a dropped folder, with its log in the stage', async ({ page, stack }) => {
    test.setTimeout(180_000);
    const guard = guardPage(page);
    await chooseContainer(page);
    await page.getByRole('radio', { name: 'Dockerfile', exact: true }).check({ force: true });
    await page.locator('input[type=file][webkitdirectory]').setInputFiles(join(folder, 'server'));
    await expect(page.getByRole('button', { name: 'Change' })).toBeVisible();
    await page.getByLabel('Port', { exact: true }).fill('9000');
    await page.getByLabel('Name', { exact: true }).fill('by-dockerfile');
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 120_000 });
    await expectEcho(stack, 'by-dockerfile');

    await page.getByRole('button', { name: /^Prepare environment/ }).click();
    await expect(page.getByRole('group', { name: 'Log of Prepare environment' })).toContainText('COPY server.py');
    await expectAccessibleEverywhere(page);

    const { environment } = await stack.api<Deployment>('GET', '/endpoints/by-dockerfile/deployments/blue');
    const [, name, version] = String(environment).split(':');
    await page.goto(`/environments/${name}/versions/${version}`);
    await expect(page.getByRole('heading', { name: 'Build for containers' })).toBeVisible();
    await expect(page.getByRole('group', { name: 'Log of the build for containers' })).toContainText('COPY server.py');
    await expectAccessibleEverywhere(page);

    const row = page.getByRole('row', { name: /^by-dockerfile \/ blue/ });
    await expect(row).toContainText('Newest build');
    await page.getByRole('button', { name: 'Build anew' }).click();
    await expect(page.getByText('1 deployment runs build 1; the newest is 2.')).toBeVisible();
    await expect(row).toContainText('Behind');
    await page.getByRole('button', { name: 'Roll to the newest build…' }).click({ timeout: 60_000 });
    await expect(page.getByText('by-dockerfile / blue: build 1 → 2')).toBeVisible();
    await expectAccessibleEverywhere(page);
    await page.getByRole('button', { name: 'Roll 1 deployment' }).click();
    await expect(row).toContainText('Newest build', { timeout: 60_000 });
    await expect(row.getByRole('cell').first()).toHaveText('2');
    await expectEcho(stack, 'by-dockerfile');

    await page.goto('/endpoints/by-dockerfile/logs');
    await page.getByLabel('Log of', { exact: true }).selectOption('Storage initializer');
    await expect(page.getByText('There is no model to provide.').first()).toBeVisible();
    await expectAccessibleEverywhere(page);
    await page.getByLabel('Log of', { exact: true }).selectOption('Build');
    await expect(page.getByRole('group', { name: 'Console of blue' })).toContainText('COPY server.py');

    await page.goto('/endpoints/by-dockerfile/deployments/blue');
    await page.getByRole('button', { name: /^Restart [a-z0-9]{8}$/ }).click();
    await page.getByRole('button', { name: 'Restart instance' }).click();
    await expect(page.getByRole('list', { name: 'Stages' })).toContainText('Replace');
    await expectEcho(stack, 'by-dockerfile');
    guard.expectClean();
    await removeEndpoint(stack, 'by-dockerfile');
  });

  test('by saved image is loaded from the archive and answers', async ({ page, stack }) => {
    test.setTimeout(240_000);
    const guard = guardPage(page);
    const archive = join(folder, 'saved.tar');
    await promisify(execFile)('docker', ['save', '--output', archive, IMAGE]);
    await chooseContainer(page);
    await page.getByRole('radio', { name: 'Saved image', exact: true }).check({ force: true });
    await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(archive);
    await expect(page.getByRole('button', { name: 'Change' })).toBeVisible({ timeout: 90_000 });
    await page.getByLabel('Port', { exact: true }).fill('9000');
    await page.getByLabel('Command').fill(COMMAND);
    await page.getByLabel('Name', { exact: true }).fill('by-archive');
    await expectAccessibleEverywhere(page);
    await page.getByRole('button', { name: 'Create endpoint' }).click();
    await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 120_000 });
    await expectEcho(stack, 'by-archive');
    const { environment } = await stack.api<Deployment>('GET', '/endpoints/by-archive/deployments/blue');
    const [, name, version] = String(environment).split(':');
    expect(await stack.api('GET', `/environments/${name}/versions/${version}`)).toMatchObject({
      kind: 'archive',
      builds: [{ state: 'ready', image_id: expect.stringMatching(/^sha256:/) }],
    });
    guard.expectClean();
    await removeEndpoint(stack, 'by-archive');
  });

  test('that listens elsewhere fails with its cause, and a button to the field that mends it', async ({
    page,
    stack,
  }) => {
    test.setTimeout(180_000);
    const guard = guardPage(page);
    await stack.api('PUT', '/endpoints/wrong-port', {});
    const operation = await putDeployment(stack, 'wrong-port', 'blue', {
      environment: { image: IMAGE, inference_config: { scoring_route: { path: '/score', port: 9001 } } },
      command: COMMAND.split('\n').slice(0, -1).concat('9000'),
      readiness_probe: { period: 1, failure_threshold: 5 },
    });
    await stack.waitForOperation(operation);
    await page.goto(`/endpoints/wrong-port/operations/${operation}`);
    await expect(page.getByRole('heading', { name: 'Nothing listens on the port' })).toBeVisible();
    await expect(page.getByRole('definition').filter({ hasText: /^9000$/ })).toBeVisible();
    await expectAccessibleEverywhere(page);
    await page.getByRole('link', { name: 'Correct the port' }).click();
    await expect(page.getByLabel('Port', { exact: true })).toBeFocused();
    await page.getByLabel('Port', { exact: true }).fill('9000');
    await page.getByRole('button', { name: 'Deploy again' }).click();
    await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 90_000 });
    guard.expectClean();
    await removeEndpoint(stack, 'wrong-port');
  });
});

async function chooseContainer(page: Page): Promise<void> {
  await page.goto('/endpoints/new');
  await page.getByRole('radio', { name: /^Container/ }).click({ force: true });
  await expect(page.getByRole('heading', { name: 'Routes' })).toBeVisible();
}

/** Ids of the instances that are wanted. */
async function instancesOf(stack: Stack, endpoint: string): Promise<string[]> {
  const { items } = await stack.api<{ items: Instance[] }>('GET', `/endpoints/${endpoint}/deployments/blue/instances`);
  return items.filter(({ state }) => state === 'ready').map(({ id }) => id);
}

/** Calls an endpoint on several connections until it is told to stop. */
async function startLoad(
  stack: Stack,
  endpoint: string,
): Promise<{ stop(): Promise<{ answers: number; failures: string[] }> }> {
  const key = await keyOf(stack, endpoint);
  let answers = 0;
  const failures: string[] = [];
  let isWanted = true;
  const callers = Array.from({ length: 4 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (isWanted) {
      const { status, body } = await predict(stack, { endpoint, key, agent }).catch((error: unknown) => ({
        status: 0,
        body: String(error),
      }));
      if (status === 200) answers += 1;
      else failures.push(`${status}: ${body}`);
    }
    agent.destroy();
  });
  return {
    async stop() {
      isWanted = false;
      await Promise.all(callers);
      return { answers, failures };
    },
  };
}

/** The container answers with what it was sent. */
async function expectEcho(stack: Stack, endpoint: string): Promise<void> {
  const { status, body } = await predict(stack, { endpoint, key: await keyOf(stack, endpoint) });
  expect(status, body).toBe(200);
  expect(JSON.parse(body)).toEqual(IRIS_ROWS);
}
