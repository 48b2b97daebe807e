import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, test } from '../support/stack.ts';

const IRIS = readFileSync(join(import.meta.dirname, '..', '..', 'samples', 'iris', 'v1', 'model', 'iris.onnx'));
const MODEL = 'from-the-web';

test.describe('a model at a web address', () => {
  let server: Server;
  let url: string;
  /** Lets the rest of the file go. */
  let release: () => void;
  let isReleased: Promise<void>;

  test.beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url !== '/iris.onnx') return void response.writeHead(404).end();
      response.writeHead(200, { 'content-length': IRIS.length });
      response.write(IRIS.subarray(0, 100));
      void isReleased.then(() => response.end(IRIS.subarray(100)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  test.beforeEach(async ({ page, stack }) => {
    const held = Promise.withResolvers<void>();
    isReleased = held.promise;
    release = held.resolve;
    await stack.signIn(page);
  });

  test.afterAll(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  async function fillIn(page: Page, address: string): Promise<void> {
    await page.getByLabel('Model', { exact: true }).fill(MODEL);
    await page.getByRole('radio', { name: 'Web address' }).click({ force: true });
    await page.getByRole('textbox', { name: 'Address' }).fill(address);
  }

  test('is registered while its progress shows, and described', async ({ page, stack }) => {
    const guard = guardPage(page);
    await page.goto('/models');
    await page.getByRole('link', { name: 'Register a model' }).click();
    await fillIn(page, 'ftp://example.com');
    await expect(page.getByText('Begin with https:// or http://.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Register', exact: true })).toBeDisabled();
    await fillIn(page, `${url}/iris.onnx`);
    await expectAccessibleEverywhere(page);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await expect(page.getByRole('heading', { name: `${MODEL}, version 1` })).toBeVisible();
    await expect(page.getByRole('progressbar')).toBeVisible();
    await page.reload();
    await expect(page.getByRole('button', { name: 'Cancel registration' })).toBeVisible();
    release();
    await page.getByRole('link', { name: 'See the version' }).click();
    await expect(page.getByRole('heading', { name: `${MODEL}, version 1` })).toBeVisible();
    await expect(page.getByText(`${url}/iris.onnx`)).toBeVisible();

    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByLabel('Description').fill('The first of them');
    await page.getByLabel('Stage').selectOption('Production');
    await page.getByRole('button', { name: 'Add a tag' }).click();
    await page.getByLabel('Name of tag 1').fill('team');
    await page.getByLabel('Value of tag 1').fill('flowers, trees');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('team: flowers, trees')).toBeVisible();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText('team: flowers, trees')).toBeHidden();
    guard.expectClean();
    await stack.api('DELETE', `/models/${MODEL}`);
  });

  test('that is not there says so and keeps what was filled in, and one that is cancelled leaves nothing', async ({
    page,
  }) => {
    await page.goto(`/models/register?model=${MODEL}`);
    await fillIn(page, `${url}/nothing.onnx`);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'answered 404' })).toBeVisible();
    await page.getByRole('button', { name: 'Change and try again' }).click();
    await expect(page.getByRole('textbox', { name: 'Address' })).toHaveValue(`${url}/nothing.onnx`);
    await page.getByRole('textbox', { name: 'Address' }).fill(`${url}/iris.onnx`);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel registration' }).click();
    await expect(page.getByText('Nothing of it was kept.')).toBeVisible();
    release();
  });
});

test('versions of a model are compared, put aside and deployed', async ({ page, stack }) => {
  await stack.api('PUT', '/models/versioned/versions/1', { path: 'sample:iris-1' });
  await stack.api('PUT', '/models/versioned/versions/2', { path: 'sample:iris-2' });
  await stack.signIn(page);
  const guard = guardPage(page);
  await page.goto('/models/versioned');
  await page.getByRole('link', { name: 'Compare versions' }).click();
  await expect(page.getByRole('group', { name: 'Files', exact: true })).toBeVisible();
  await stack.api('PATCH', '/models/versioned/versions/1', { stage: 'Archived' });
  await page.goto('/models/versioned');
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('switch', { name: 'Show archived (1)' }).click({ force: true });
  await expect(page.getByRole('row')).toHaveCount(3);
  await expectAccessibleEverywhere(page);

  await page.getByRole('link', { name: 'Deploy', exact: true }).first().click();
  await expect(page.getByRole('complementary', { name: 'Summary' })).toContainText('versioned, version 2');
  guard.expectClean();
  await stack.api('DELETE', '/models/versioned');
});
