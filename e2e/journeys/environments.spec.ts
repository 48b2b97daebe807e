import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, test } from '../support/stack.ts';

test.beforeEach(async ({ page, stack }) => {
  await stack.signIn(page);
});

test('an environment is written, shown with its definition, and deleted', async ({ page, stack }) => {
  test.setTimeout(180_000);
  const guard = guardPage(page);
  await page.goto('/environments');
  await expect(page.getByRole('row').filter({ hasText: 'viridian-scikit-learn' })).toBeVisible();
  await expectAccessibleEverywhere(page);

  await page.getByRole('link', { name: 'New environment' }).click();
  await page.getByRole('button', { name: 'Write and build' }).click();
  await expect(page.getByText('Write at least one package.')).toBeVisible();
  await expect(page.getByText('The name must not be empty.')).toBeVisible();
  await expectAccessibleEverywhere(page);

  await page.getByRole('radio', { name: 'Image', exact: true }).check({ force: true });
  await page.getByLabel('Name', { exact: true }).fill('base');
  await page.getByRole('textbox', { name: 'Image', exact: true }).fill('https://registry.example.com/base');
  await expect(page.getByText('Leave out the scheme: an image reference is not a URL.')).toBeVisible();
  // Nothing is pulled from it: the host of the tests has no such registry.
  await page.getByRole('textbox', { name: 'Image', exact: true }).fill('127.0.0.1:9/team/base:1.0');
  await page.getByLabel('Description').fill('What everything stands on');
  await page.getByRole('button', { name: 'Write and build' }).click();

  await expect(page.getByRole('heading', { name: 'base, version 1' })).toBeVisible();
  await expect(page.getByRole('definition').filter({ hasText: '127.0.0.1:9/team/base:1.0' }).first()).toBeVisible();
  await expectAccessibleEverywhere(page);
  expect(await stack.api('GET', '/environments/base')).toMatchObject({ kind: 'image', version_count: 1 });

  await page.goto('/environments/base');
  await expect(page.getByRole('link', { name: 'New version' })).toHaveAttribute('href', '/environments/new?name=base');
  await expectAccessibleEverywhere(page);
  await page.goto('/environments?q=ba');
  await expect(page.getByRole('row').filter({ hasText: 'base' })).toContainText('What everything stands on');
  await expectAccessibleEverywhere(page);

  await page.goto('/environments/base/versions/1');
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete version' }).click();
  await expect(page.getByText('Deleted version 1 of base')).toBeVisible();
  expect(await stack.api('GET', '/environments?name=base')).toMatchObject({ items: [] });
  guard.expectClean([/status of 404/]);
});

test('credentials of a registry are kept, tested, changed and deleted, and the password is never seen again', async ({
  page,
  stack,
}) => {
  test.setTimeout(120_000);
  const guard = guardPage(page);
  await page.goto('/admin/registries?add=127.0.0.1%3A9');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Host')).toHaveValue('127.0.0.1:9');
  await dialog.getByLabel('User name').fill('puller');
  await dialog.getByLabel('Password or token', { exact: true }).fill('hunter2-secret');
  await expectAccessibleEverywhere(page);
  await dialog.getByRole('button', { name: 'Keep credentials' }).click();
  await expect(page.getByText('Kept the credentials of 127.0.0.1:9')).toBeVisible();
  await expect(dialog).toBeHidden();

  const row = page.getByRole('row', { name: /^127\.0\.0\.1:9/ });
  await row.getByRole('button', { name: 'Test' }).click();
  await expect(page.getByRole('cell').getByRole('status')).toBeVisible();
  await expectAccessibleEverywhere(page);

  await row.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByLabel('User name').fill('reader');
  await dialog.getByRole('button', { name: 'Keep credentials' }).click();
  await expect(row).toContainText('reader');
  expect(JSON.stringify(await stack.api('GET', '/registries'))).not.toContain('hunter2');
  expect(await page.content()).not.toContain('hunter2');

  await row.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete credentials' }).click();
  await expect(page.getByRole('heading', { name: 'No credentials' })).toBeVisible();
  guard.expectClean();
});
