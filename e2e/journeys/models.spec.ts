import { uploadArchive } from '#server/testing/upload-archive.ts';
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

const ONE_PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

test('files are looked into as far as that is good for a browser', async ({ page, stack }) => {
  const path = await uploadArchive(stack, {
    'm/long.txt': 'line\n'.repeat(200_000),
    'm/no-text.txt': Buffer.from([0, 1, 2, 3]),
    'm/plot.png': Buffer.from(ONE_PIXEL, 'base64'),
    'm/wide.png': Buffer.alloc(2 * 1024 ** 2),
    'm/weights.bin': Buffer.alloc(64),
  });
  await stack.api('PUT', '/models/previewed/versions/1', { path });
  await stack.signIn(page);
  const guard = guardPage(page);
  await page.goto('/models/previewed/versions/1');
  const look = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await look('long.txt');
  await expect(page.getByText('Only its beginning is shown.')).toBeVisible();
  await look('no-text.txt');
  await expect(page.getByText('It is no text, whatever its name says.')).toBeVisible();
  await look('plot.png');
  await expect
    .poll(() => page.getByRole('img', { name: 'm/plot.png' }).evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBe(1);
  await look('wide.png');
  await expect(page.getByText('The picture is too large to be shown here.')).toBeVisible();
  await look('weights.bin');
  await expect(page.getByText('It is no text and no picture.')).toBeVisible();
  guard.expectClean();
  await stack.api('DELETE', '/models/previewed');
});
