import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, test } from '../support/stack.ts';

test('a version shows what it takes, where it comes from and its files, and leads to a deployment', async ({
  page,
  stack,
}) => {
  await stack.api('PUT', '/models/looked-at/versions/1', {
    path: 'sample:iris-1',
    stage: 'production',
    tags: { team: 'flowers' },
  });
  await stack.signIn(page);
  const guard = guardPage(page);
  await page.goto('/models/looked-at/versions/1');
  await expect(page.getByRole('heading', { name: 'looked-at, version 1' })).toBeVisible();
  await expect(page.getByText('production')).toBeVisible();
  await expect(page.getByText('team: flowers')).toBeVisible();
  await expect(page.getByRole('group', { name: 'Inputs', exact: true })).toContainText('FP32');

  await page.getByRole('button', { name: /sample-request\.json/ }).click();
  await expect(page.getByRole('group', { name: /sample-request\.json/ })).toContainText('input_data');
  await page.getByRole('button', { name: /iris\.onnx/ }).click();
  await expect(page.getByText('It is no text and no picture.')).toBeVisible();
  await expectAccessibleEverywhere(page);

  await page.getByRole('link', { name: 'Deploy', exact: true }).click();
  await expect(page.getByRole('complementary', { name: 'Summary' })).toContainText('looked-at, version 1');
  guard.expectClean();
  await stack.api('DELETE', '/models/looked-at/versions/1');
});
