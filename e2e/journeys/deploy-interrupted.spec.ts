import { removeEndpoint } from '../support/endpoints.ts';
import { expect, test } from '../support/stack.ts';

test('a deploy that broke off half-way says what exists, and going on after a reload makes nothing twice', async ({
  page,
  stack,
}) => {
  const endpoint = 'interrupted';
  await stack.signIn(page);
  await page.goto('/endpoints/new');
  await page.getByRole('radio', { name: /^Review sentiment/ }).click({ force: true });
  await page.getByLabel('Name', { exact: true }).fill(endpoint);
  await expect(page.getByRole('radio', { name: /^cpu-1/ })).toBeChecked();

  // Registering the model, making the endpoint, making the deployment: the third call is lost on the way.
  let calls = 0;
  await page.route('**/endpoints/new', async (route, request) => {
    const isAction = request.method() === 'POST' && request.headers()['next-action'] !== undefined;
    if (isAction) calls += 1;
    if (isAction && calls === 3) await route.abort('connectionfailed');
    else await route.continue();
  });
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'The deployment was not made' })).toBeVisible();
  await expect(page.getByText(/There already: the model sentiment:1 and the endpoint interrupted\./)).toBeVisible();

  await page.unrouteAll();
  await page.reload();
  const summary = page.getByRole('complementary', { name: 'Summary' });
  await expect(summary).toContainText('sentiment, version 1');
  await summary.getByRole('button', { name: 'Create deployment' }).click();
  await expect(page.getByText('blue is ready.')).toBeVisible({ timeout: 30_000 });
  expect(await stack.api('GET', '/models/sentiment/versions')).toMatchObject({ items: [{ version: '1' }] });
  expect(await stack.api('GET', `/endpoints/${endpoint}`)).toMatchObject({ traffic: { blue: 100 } });
  await removeEndpoint(stack, endpoint);
});
