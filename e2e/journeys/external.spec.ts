import { startHttpServer, type TestHttpServer } from '#server/testing/start-http-server.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { countAnswers, keyOf, makeEndpoint, predict, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, test } from '../support/stack.ts';

const ENDPOINT = 'beside';
const SECRET = 'Bearer sk-upstream-0123456789';

test.describe('a server that runs already', () => {
  let server: TestHttpServer;

  test.beforeAll(async ({ stack }) => {
    server = await startHttpServer('green');
    await makeEndpoint(stack, ENDPOINT, { blue: 'sample:iris-1' }, { blue: 100 });
  });

  test.afterAll(async ({ stack }) => {
    await removeEndpoint(stack, ENDPOINT);
    await server.close();
  });

  test.beforeEach(async ({ page, stack }) => {
    await stack.signIn(page);
  });

  test('is tried out and put green beside a managed blue', async ({ page }) => {
    const guard = guardPage(page);
    await page.goto(`/endpoints/${ENDPOINT}/deployments/new`);
    await page.getByRole('radio', { name: /^External server/ }).click({ force: true });
    await page.getByLabel('URLs').fill('http://169.254.169.254/\n');
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'metadata service of a cloud' })).toBeVisible();

    await page.getByLabel('URLs').fill(`http://127.0.0.1:${server.port}/v2`);
    await page.getByLabel('Health path').fill('/health');
    await page.getByRole('button', { name: 'Add a header' }).click();
    await page.getByLabel('Name 1').fill('Authorization');
    await page.getByLabel('Value 1', { exact: true }).fill(SECRET);
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'answers: HTTP 200' })).toBeVisible();
    await expect(page.getByRole('complementary', { name: 'Summary' })).toContainText('No price');
    await expect(page.getByRole('group', { name: 'YAML', exact: true })).toContainText('type: external');
    await expect(page.getByText(SECRET)).toHaveCount(0);
    await expectAccessibleEverywhere(page);

    await page.getByRole('button', { name: 'Create deployment' }).click();
    await expect(page.getByText('green is ready.')).toBeVisible({ timeout: 30_000 });
    expect(server.probes.at(-1)).toMatchObject({ path: '/v2/health', headers: { authorization: SECRET } });
    guard.expectClean();
  });

  test('is shown as what it is: where it runs, that its logs are there too, and that it has no price', async ({
    page,
  }) => {
    const guard = guardPage(page);
    await page.goto(`/endpoints/${ENDPOINT}/deployments/green`);
    const instances = page.getByRole('group', { name: 'Instances', exact: true });
    await expect(instances).toContainText(`http://127.0.0.1:${server.port}/v2`);
    await expect(page.getByText('Authorization, values sealed')).toBeVisible();
    await page.goto(`/endpoints/${ENDPOINT}/logs?dep=green`);
    await expect(page.getByText('These servers run outside of Viridian')).toBeVisible();
    await expect(page.getByText(`watched at 127.0.0.1, port ${server.port}`)).toBeVisible();
    await page.goto(`/endpoints/${ENDPOINT}/cost`);
    await expect(page.getByText('green runs outside of Viridian and has no price')).toBeVisible();
    guard.expectClean();
  });

  test('takes its half of the calls, then copies of them all, and shows in the charts', async ({ page, stack }) => {
    await stack.api('PUT', `/endpoints/${ENDPOINT}/traffic`, { traffic: { blue: 50, green: 50 } });
    expect(await countAnswers(stack, ENDPOINT, 2)).toEqual({ total: 200, shares: { blue: 50, green: 50 } });
    expect(server.calls).toHaveLength(100);
    expect(server.calls[0]).toMatchObject({ path: '/v2/score', headers: { authorization: SECRET } });

    await stack.api('PUT', `/endpoints/${ENDPOINT}/traffic`, {
      traffic: { blue: 100 },
      mirror_traffic: { green: 100 },
    });
    const key = await keyOf(stack, ENDPOINT);
    for (let i = 0; i < 10; i += 1) await predict(stack, { endpoint: ENDPOINT, key });
    await expect.poll(() => server.calls.length).toBe(110);
    expect(server.calls.at(-1)?.headers['azureml-mirrored']).toBe('true');

    await page.goto(`/endpoints/${ENDPOINT}/monitoring?group=deployment`);
    await page.getByRole('button', { name: 'Requests per minute: more' }).click();
    await page.getByRole('menuitem', { name: 'Show as table' }).click();
    const rates = page.getByRole('figure', { name: 'Requests per minute' }).getByRole('table');
    await expect(rates.getByRole('columnheader', { name: 'green' })).toBeVisible();
    await stack.api('PUT', `/endpoints/${ENDPOINT}/traffic`, { traffic: { blue: 100 }, mirror_traffic: {} });
  });
});
