import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Stack, test } from '../support/stack.ts';
import { keyOf, makeEndpoint, predict, putDeployment, removeEndpoint } from '../support/endpoints.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';

test.describe('the operation page', () => {
  test.beforeEach(async ({ page, stack }) => {
    await stack.signIn(page);
  });

  test('shows every stage of a deploy as done, and a reload and a sent link show the same', async ({ page, stack }) => {
    const endpoint = 'operation-ok';
    await stack.api('PUT', `/endpoints/${endpoint}`, {});
    const id = await putDeployment(stack, endpoint, 'blue', { model: { path: 'sample:iris-1' } });
    const guard = guardPage(page);
    await page.goto(`/endpoints/${endpoint}/operations/${id}`);
    await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 30_000 });
    const stages = page.getByRole('list', { name: 'Stages' }).getByRole('listitem');
    await expect(stages).not.toHaveCount(0);
    const { stages: named } = await stack.api<{ stages: { name: string }[] }>('GET', `/operations/${id}`);
    await expect(stages).toHaveCount(named.length);
    for (const { name } of named) {
      await expect(page.getByRole('button', { name: new RegExp(`^${name} ?, (done|skipped)`) })).toBeVisible();
    }

    await page.getByRole('button', { name: /^Become ready/ }).click();
    await expect(page).toHaveURL(/stage=Become/);
    await page.reload();
    await expect(page.getByText('blue is ready.')).toBeVisible();
    await expect(page.getByRole('button', { name: /^Become ready/ })).toHaveAttribute('aria-current', 'step');
    await expect(page.getByRole('link', { name: 'Test blue' })).toBeVisible();
    await expectAccessibleEverywhere(page);
    guard.expectClean();

    const key = await keyOf(stack, endpoint);
    expect(await predict(stack, { endpoint, key, deployment: 'blue' })).toMatchObject({ status: 200 });
    await removeEndpoint(stack, endpoint);
  });

  test('tells why a damaged model was not deployed, with the last lines and what to do next', async ({
    page,
    stack,
  }) => {
    const endpoint = 'operation-damaged';
    await stack.api('PUT', `/endpoints/${endpoint}`, {});
    const id = await putDeployment(stack, endpoint, 'blue', { model: { path: await uploadDamagedModel(stack) } });
    expect(await stack.waitForOperation(id)).toMatchObject({ status: 'failed' });

    await page.goto(`/endpoints/${endpoint}/operations/${id}`);
    const cause = page.getByRole('region', { name: 'The model does not load' });
    await expect(cause).toContainText('LinearClassifieX');
    for (const name of ['Try again', 'Discard blue']) await expect(cause.getByRole('button', { name })).toBeVisible();
    for (const name of ['Edit and deploy again', 'Open all logs']) {
      await expect(cause.getByRole('link', { name })).toBeVisible();
    }
    await expect(page.getByRole('button', { name: /, failed/ })).toHaveCount(1);
    await expectAccessibleEverywhere(page);

    await cause.getByRole('button', { name: 'Discard blue' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete blue' }).click();
    await expect(page).toHaveURL(new RegExp(`/endpoints/${endpoint}$`));
    await expect(page.getByText('No deployment answers at this address yet.')).toBeVisible();
    await removeEndpoint(stack, endpoint);
  });

  test('tells why a program that ends at once was not deployed, with its last words', async ({ page, stack }) => {
    const endpoint = 'operation-exits';
    await stack.api('PUT', `/endpoints/${endpoint}`, {});
    const id = await putDeployment(stack, endpoint, 'blue', {
      command: ['/bin/sh', '-c', 'echo cannot find my weights >&2; exit 3'],
    });
    await page.goto(`/endpoints/${endpoint}/operations/${id}`);
    await expect(page.getByRole('heading', { name: 'The instance stopped' })).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole('group', { name: 'Last log lines', exact: true })).toContainText(
      'cannot find my weights',
    );
    await removeEndpoint(stack, endpoint);
  });

  test('cancelling a deploy removes what it began and leaves the endpoint as it was', async ({ page, stack }) => {
    const endpoint = 'operation-cancel';
    await makeEndpoint(stack, endpoint, { blue: 'sample:iris-1' }, { blue: 100 });
    const id = await putDeployment(stack, endpoint, 'green', { command: ['sleep', '600'] });
    await page.goto(`/endpoints/${endpoint}/operations/${id}`);
    await expect(page.getByRole('button', { name: /^Become ready ?, running/ })).toBeVisible();

    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel and roll back' }).click();
    await expect(page.getByText('The operation canceled.')).toBeAttached();
    expect(await stack.waitForOperation(id)).toMatchObject({ status: 'canceled' });

    await expect
      .poll(async () => {
        const { items } = await stack.api<{ items: { name: string }[] }>('GET', `/endpoints/${endpoint}/deployments`);
        return items.map(({ name }) => name);
      })
      .toEqual(['blue']);
    const key = await keyOf(stack, endpoint);
    expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200, deployment: 'blue' });
    await removeEndpoint(stack, endpoint);
  });
});

/** Uploads the iris sample with the name of one operator damaged: a readable file that no runtime can load. */
async function uploadDamagedModel(stack: Stack): Promise<string> {
  const whole = await readFile(join(import.meta.dirname, '../../samples/iris/v1/model/iris.onnx'));
  const damaged = Buffer.from(whole.toString('latin1').replaceAll('LinearClassifier', 'LinearClassifieX'), 'latin1');
  const response = await fetch(`${stack.apiUrl}/uploads?filename=damaged.onnx`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/octet-stream' },
    body: damaged,
  });
  expect(response.status).toBe(201);
  return `upload:${((await response.json()) as { id: string }).id}`;
}
