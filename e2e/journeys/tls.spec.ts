import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { test } from '@playwright/test';
import { startProduct } from '#server/testing/start-product.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { IRIS_ROWS, keyOf, makeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { asStack, expect, OWNER, type Stack } from '../support/stack.ts';

const ENDPOINT = 'iris';

test.describe.serial('an installation with its local CA', () => {
  let stack: Stack;

  test.beforeAll(async () => {
    stack = asStack(await startProduct({ ...OWNER, VIRIDIAN_GATEWAY_TLS: 'local', VIRIDIAN_DOMAIN: 'models.test' }));
    await makeEndpoint(stack, ENDPOINT, { blue: 'sample:iris-1' }, { blue: 100 });
  });

  test.afterAll(() => stack?.stop());

  test.beforeEach(({ page }) => stack.signIn(page));

  test('shows what it serves, and a client that trusts the downloaded certificate gets predictions', async ({
    page,
  }) => {
    await page.goto(`${stack.studioUrl}/admin/tls`);
    await expect(page.getByRole('heading', { level: 1, name: 'TLS' })).toBeVisible();
    await expect(page.getByText('*.models.test')).toBeVisible();
    await expect(page.getByText('The local CA of this installation')).toBeVisible();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download viridian-ca.crt' }).click(),
    ]);
    const ca = await readFile(await download.path(), 'utf8');
    const { port } = await stack.api<{ port: number }>('GET', '/tls');
    const key = await keyOf(stack, ENDPOINT);
    for (const [servername, path] of [
      ['localhost', `/${ENDPOINT}/score`],
      [`${ENDPOINT}.models.test`, '/score'],
    ] as const) {
      expect(await predictOverTls({ port, ca, key, servername, path })).toMatchObject({ status: 200 });
    }
  });

  test('tells every kind of client how to trust it', async ({ page }) => {
    await page.goto(`${stack.studioUrl}/admin/tls`);
    const client = page.getByRole('radiogroup', { name: 'Client' });
    await expect(page.getByLabel('Commands for Linux', { exact: true })).toContainText('update-ca-certificates');
    await client.getByText('Node.js').click();
    await expect(page).toHaveURL(/on=node/);
    await expect(page.getByLabel('Commands for Node.js', { exact: true })).toContainText('NODE_EXTRA_CA_CERTS');
    await client.getByText('Browser').click();
    await expect(page.getByText('View Certificates')).toBeVisible();
  });

  test('its page: nothing inaccessible in light, dark and on a phone, no error in the console', async ({ page }) => {
    const guard = guardPage(page);
    await page.goto(`${stack.studioUrl}/admin/tls`);
    await expect(page.getByRole('link', { name: 'Download viridian-ca.crt' })).toBeVisible();
    await expectAccessibleEverywhere(page);
    guard.expectClean();
  });
});

interface TlsCall {
  port: number;
  ca: string;
  key: string;
  servername: string;
  path: string;
}

function predictOverTls({ port, ca, key, servername, path }: TlsCall): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { host: servername, authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const call = request({ host: '127.0.0.1', port, ca, servername, path, method: 'POST', headers }, (response) => {
      json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    call.on('error', reject);
    call.end(JSON.stringify(IRIS_ROWS));
  });
}
