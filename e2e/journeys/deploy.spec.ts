import type { Info } from '#lib/contracts/info.ts';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/stack.ts';
import { keyOf, predict, removeEndpoint } from '../support/endpoints.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';

test.beforeEach(async ({ page, stack }) => {
  await stack.signIn(page);
});

test('clicks alone put a bundled sample behind an address that answers', async ({ page, stack }) => {
  const endpoint = 'clicks';
  const guard = guardPage(page);
  await page.goto('/endpoints/new');
  const ways = page.getByRole('radiogroup', { name: 'How do you want to deploy?' });
  await expect(ways.getByRole('radio', { name: /^Low code/ })).toBeEnabled();
  const { runtimes } = await stack.api<Info>('GET', '/info');
  await expect(ways.getByRole('radio', { name: /^Container/ })).toBeEnabled({ enabled: runtimes.docker.available });

  await page.getByRole('radio', { name: /^Iris flowers.*Logistic regression/ }).click({ force: true });
  await expectDetectedIris(page);
  await page.getByLabel('Name', { exact: true }).fill(endpoint);
  await expect(page.getByText(`free: ${stack.gatewayUrl}/${endpoint}/score`)).toBeVisible();
  await page.getByLabel('First deployment').fill('blue');
  await page.getByRole('link', { name: 'Review' }).click();
  await expect(page.getByRole('group', { name: 'YAML', exact: true })).toContainText('name: blue');
  await expect(page.getByRole('complementary', { name: 'Summary' })).toContainText('You will pay');
  await expectAccessibleEverywhere(page);

  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page).toHaveURL(new RegExp(`/endpoints/${endpoint}/operations/`));
  await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 30_000 });
  guard.expectClean();
  const key = await keyOf(stack, endpoint);
  expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200, deployment: 'blue' });
  await removeEndpoint(stack, endpoint);
});

test('a dropped .onnx file becomes a second deployment that takes nothing until it is given a share', async ({
  page,
  stack,
}) => {
  const endpoint = 'second';
  await stack.api('PUT', `/endpoints/${endpoint}`, {});
  const first = await stack.api<{ id: string }>('PUT', `/endpoints/${endpoint}/deployments/blue?all_traffic=true`, {
    model: { path: 'sample:iris-1' },
    instance_type: 'cpu-1',
    instance_count: 1,
  });
  expect(await stack.waitForOperation(first.id)).toMatchObject({ status: 'succeeded' });

  await page.goto(`/endpoints/${endpoint}/deployments/new?source=upload`);
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles(join(import.meta.dirname, '../../samples/iris/v2/model/iris.onnx'));
  await expectDetectedIris(page);
  await page.getByLabel('Deployment', { exact: true }).fill('green');
  await page.getByRole('button', { name: 'Create deployment' }).click();
  await expect(page.getByText('green is ready.')).toBeVisible({ timeout: 30_000 });

  const key = await keyOf(stack, endpoint);
  expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200, deployment: 'blue' });
  expect(await predict(stack, { endpoint, key, deployment: 'green' })).toMatchObject({ status: 200 });
  await removeEndpoint(stack, endpoint);
});

/** What was read from the file: format, inputs and outputs at a glance, the signature with a sample request on demand. */
async function expectDetectedIris(page: Page): Promise<void> {
  await expect(page.getByRole('definition').filter({ hasText: /label/ })).toBeVisible();
  await page.getByText('Signature and a sample request').click();
  await expect(page.getByRole('group', { name: 'Signature', exact: true })).toContainText('FP32');
}
