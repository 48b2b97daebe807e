import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Request } from '@playwright/test';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { expect, test } from '../support/stack.ts';

const CHUNK_BYTES = 8 * 2 ** 20;
const MODEL = join(import.meta.dirname, '../../samples/iris/v2/model/iris.onnx');

let parent = '';

test.beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'viridian-upload-'));
  await mkdir(join(parent, 'churn'));
  await copyFile(MODEL, join(parent, 'churn', 'model.onnx'));
  await writeFile(join(parent, 'churn', 'notes.bin'), randomBytes(2.5 * CHUNK_BYTES));
});
test.afterAll(() => rm(parent, { recursive: true, force: true }));

test.beforeEach(async ({ page, stack }) => {
  await stack.signIn(page);
});

test('an upload that was broken off by a reload goes on where it stopped, and nothing else that was entered is lost', async ({
  page,
  stack,
}) => {
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto('/endpoints/new?source=upload');
  await holdSecondChunk(page);
  const held = page.waitForRequest((request) => isChunk(request) && offsetOf(request) === CHUNK_BYTES);
  await pickFolder(page, 'churn');
  await held;
  await expect(page.getByRole('progressbar', { name: 'Upload of churn.tar' })).toBeVisible();
  await page.getByLabel('Register it as').fill('churn-model');
  await page.getByLabel('Name', { exact: true }).fill('resumed');
  await expect(page.getByText(/^Draft kept/)).toBeVisible();

  await page.reload();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await expect(page.getByText(/churn\.tar had not arrived/)).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'churn.tar' })).toContainText('8.4 MB of 21.0 MB');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('resumed');
  await expectAccessibleEverywhere(page);

  const offsets: number[] = [];
  page.on('request', (request) => void (isChunk(request) && offsets.push(offsetOf(request))));
  await pickFolder(page, 'churn');
  await expect(page.getByRole('definition').filter({ hasText: 'label, probabilities' })).toBeVisible();
  expect(Math.min(...offsets)).toBe(CHUNK_BYTES);
  await expect(page.getByLabel('Register it as')).toHaveValue('churn-model');
  await expect(page.getByRole('list', { name: 'Files' })).toContainText('notes.bin');
  expect(await stack.api('GET', '/models')).toMatchObject({
    items: expect.not.arrayContaining([expect.objectContaining({ name: 'churn-model' })]),
  });
});

test('a file that is no model says why, and cannot be deployed', async ({ page }) => {
  await page.goto('/endpoints/new?source=upload');
  const buffer = Buffer.from('not a model');
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'broken.onnx', mimeType: 'application/octet-stream', buffer });
  await expect(page.getByText('This model cannot be served.')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('One thing is missing.')).toBeVisible();
  await expect(page).toHaveURL(/\/endpoints\/new/);
  await expectAccessibleEverywhere(page);
});

/** The second piece of an upload is never sent, as if the connection hung. */
async function holdSecondChunk(page: Page): Promise<void> {
  await page.route('**/api/v1/uploads/tus/*', async (route, request) => {
    if (isChunk(request) && offsetOf(request) > 0) return;
    await route.continue();
  });
}

async function pickFolder(page: Page, folder: string): Promise<void> {
  await page.locator('input[type=file][webkitdirectory]').setInputFiles(join(parent, folder));
}

function isChunk(request: Request): boolean {
  return request.method() === 'PATCH' && request.url().includes('/uploads/tus/');
}

function offsetOf(request: Request): number {
  return Number(request.headers()['upload-offset']);
}
