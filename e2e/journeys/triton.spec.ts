import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TENSORRT_MODEL, tritonRepository } from '#server/testing/triton-repository.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { keyOf, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, test } from '../support/stack.ts';

test.describe.configure({ timeout: 180_000 });

let folder: string;
test.beforeEach(async ({ page, stack }) => {
  await stack.signIn(page);
  folder = await mkdtemp(join(tmpdir(), 'viridian-triton-'));
});
test.afterEach(() => rm(folder, { recursive: true }));

async function writeFiles(parent: string, files: Readonly<Record<string, Buffer>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(parent, path)), { recursive: true });
    await writeFile(join(parent, path), content);
  }
}

test('a Triton repository is dropped, and each of its models answers', async ({ page, stack }) => {
  const endpoint = 'scaler';
  const guard = guardPage(page);
  await writeFiles(join(folder, 'scalers'), tritonRepository());
  await page.goto('/endpoints/new?source=upload');
  await page.locator('input[type=file][webkitdirectory]').setInputFiles(join(folder, 'scalers'));

  const models = page.getByRole('group', { name: 'Models of the repository' });
  await expect(models.getByRole('row', { name: /chain/ })).toContainText('An ensemble of two, ten.');
  await expect(models.getByRole('row', { name: /^two/ })).toContainText('served with or without Triton');
  await expect(page.getByText('It will be served by our own ONNX server')).toBeVisible();
  await page.getByText('Signature and a sample request').click();
  await expect(page.getByRole('group', { name: 'Signature', exact: true })).toContainText('any × 2');

  await page.getByLabel('Name', { exact: true }).fill(endpoint);
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 60_000 });
  await page.goto(`/endpoints/${endpoint}/deployments/blue`);
  await expect(page.getByText(/Served by our own ONNX server/)).toBeVisible();

  await page.goto(`/endpoints/${endpoint}/test`);
  await expect(page.getByText('Sent to /v2/models/chain/infer.')).toBeVisible();
  await page.getByRole('button', { name: 'Send request' }).click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await expect(answer).toContainText('"chain"');
  await page.getByLabel('Model', { exact: true }).selectOption('two');
  await expect(page.getByText('Sent to /v2/models/two/infer.')).toBeVisible();
  await page.getByRole('button', { name: 'Send request' }).click();
  await expect(answer).toContainText('"two"');
  await expectAccessibleEverywhere(page);
  guard.expectClean();

  const response = await fetch(`${stack.gatewayUrl}/${endpoint}/v2/models/chain/infer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await keyOf(stack, endpoint)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'raw', shape: [1, 2], datatype: 'FP32', data: [1, 2.5] }] }),
  });
  expect(await response.json()).toMatchObject({ outputs: [{ name: 'end', data: [20, 50] }] });
  await removeEndpoint(stack, endpoint);
});

test('a repository that needs Triton says which model does', async ({ page, stack }) => {
  await writeFiles(join(folder, 'mixed'), { ...tritonRepository(), ...TENSORRT_MODEL });
  await page.goto('/endpoints/new?source=upload');
  await page.locator('input[type=file][webkitdirectory]').setInputFiles(join(folder, 'mixed'));
  await expect(page.getByText('This model cannot be served.')).toBeVisible();
  await expect(page.getByRole('row', { name: /engine/ })).toContainText('It is a TensorRT engine');
  await expectAccessibleEverywhere(page);
  expect(await stack.api('GET', '/info')).toMatchObject({ runtimes: { triton: { available: false } } });
});
