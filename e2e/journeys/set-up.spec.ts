import { expect, test } from '@playwright/test';
import { type Product, startProduct } from '#server/testing/start-product.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';

const ACCOUNT = { email: 'first@example.org', password: 'a long enough password' };

test.describe.serial('the first visit to an empty data directory', () => {
  let product: Product;

  test.beforeAll(async () => {
    product = await startProduct({});
  });

  test.afterAll(async () => {
    await product.stop();
  });

  test('every page leads to the set-up until there is an account', async ({ page }) => {
    await page.goto(`${product.studioUrl}/endpoints`);
    await expect(page).toHaveURL(/\/setup$/);
    await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
    await expectAccessibleEverywhere(page);
  });

  test('a wrong code makes no account, the code of the console makes the administrator, and the host is checked', async ({
    page,
  }) => {
    const guard = guardPage(page);
    await page.goto(`${product.studioUrl}/setup`);
    await page.getByLabel('Set-up code').fill('not-the-code');
    await page.getByLabel('Name').fill('First');
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Set-up code')).toHaveAttribute('aria-invalid', 'true');

    expect(product.setupCode).not.toBeNull();
    await page.getByLabel('Set-up code').fill(product.setupCode ?? '');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { name: 'What this host can run' })).toBeVisible();
    for (const check of ['Processor and memory', 'Python', 'Containers', 'GPU']) {
      await expect(page.getByRole('listitem').filter({ hasText: check }).first()).toBeVisible();
    }
    await expect(page.getByRole('link', { name: 'Deploy the sample model' })).toBeVisible();
    await expectAccessibleEverywhere(page);

    await page.getByRole('link', { name: 'Skip to the studio' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page).toHaveURL(`${product.studioUrl}/`);
    guard.expectClean();
  });

  test('the set-up is closed once there is an account', async ({ page }) => {
    await page.goto(`${product.studioUrl}/setup`);
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test('a signed-in administrator comes to the page that was asked for', async ({ page }) => {
    await page.goto(`${product.studioUrl}/endpoints`);
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${product.studioUrl}/endpoints`);
  });

  test('guessing a password is slowed down, says for how long, and the right one is heard after that', async ({
    page,
  }) => {
    await page.goto(`${product.studioUrl}/sign-in`);
    await page.getByLabel('E-mail').fill(ACCOUNT.email);
    const alert = page.getByRole('form', { name: 'Sign in' }).getByRole('alert');
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      await page.getByLabel('Password', { exact: true }).fill(`wrong password ${attempt}`);
      const answered = page.waitForResponse((response) => response.url().includes('/callback/credentials'));
      await page.getByRole('button', { name: 'Sign in' }).click();
      await answered;
      await expect(alert).toBeVisible();
    }
    await expect(alert).toContainText('Too many attempts');
    await expect(alert).toContainText('The next attempt is heard now.');
    await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${product.studioUrl}/`);
  });
});
