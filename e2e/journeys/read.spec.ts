import { expect, test } from '../support/stack.ts';
import { countAnswers, keyOf, makeEndpoint, predict, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';

const ENDPOINT = 'reading';

test.describe('an endpoint that answered calls', () => {
  test.beforeAll(async ({ stack }) => {
    await makeEndpoint(stack, ENDPOINT, { blue: 'sample:iris-1', green: 'sample:iris-2' }, { blue: 90, green: 10 });
    await countAnswers(stack, ENDPOINT, 2);
  });

  test.afterAll(async ({ stack }) => {
    await removeEndpoint(stack, ENDPOINT);
  });

  test.beforeEach(async ({ page, stack }) => {
    await stack.signIn(page);
  });

  test('is tested by a form made from the signature, by the split or by name, with a real answer', async ({ page }) => {
    const guard = guardPage(page);
    await page.goto(`/endpoints/${ENDPOINT}/test?deployment=green`);
    await expect(page.getByText('Row 1 of 3')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Send request' })).toBeInViewport();
    await page.getByRole('button', { name: 'Next row' }).click();
    await page.getByLabel('sepal_length').fill('6.7');
    await page.getByRole('button', { name: 'Add a row like this one' }).click();
    await expect(page.getByLabel('sepal_length')).toHaveValue('6.7');
    await page.getByRole('button', { name: 'Remove this row' }).click();
    await expect(page.getByText('Row 3 of 3')).toBeVisible();
    await page.getByRole('button', { name: 'Send request' }).click();
    const answer = page.getByRole('region', { name: 'Answer' });
    await expect(answer.getByText('200', { exact: true })).toBeVisible();
    await expect(answer.getByText('green', { exact: true })).toBeVisible();
    await page.getByText('JSON', { exact: true }).click();
    await expect(page.getByRole('textbox', { name: 'Body' })).toHaveValue(/6\.7/);
    await page.getByRole('textbox', { name: 'Body' }).fill('{"input_data": [[1, 2]]}');
    await page.getByRole('button', { name: 'Send request' }).click();
    await expect(answer.getByText('400', { exact: true })).toBeVisible();
    guard.expectClean();
  });

  test('is called by the programs of the consume page once the key is revealed', async ({ page, stack }) => {
    await page.goto(`/endpoints/${ENDPOINT}/consume`);
    const key = await keyOf(stack, ENDPOINT);
    await expect(page.getByText(key)).toHaveCount(0);
    await page.getByRole('button', { name: 'Reveal keys' }).click();
    const program = page.getByRole('group', { name: 'curl request', exact: true });
    await expect(program).toContainText(key);
    await expect(program).toContainText(`${stack.gatewayUrl}/${ENDPOINT}/score`);
    expect(await predict(stack, { endpoint: ENDPOINT, key })).toMatchObject({ status: 200 });
  });

  test('shows its requests, latency and instances within seconds', async ({ page }) => {
    const guard = guardPage(page);
    await page.goto(`/endpoints/${ENDPOINT}/monitoring`);
    for (const name of ['Requests by status', 'Latency', 'Requests per minute', 'Error rate', 'Instances']) {
      await expect(page.getByRole('figure', { name, exact: true })).toBeVisible();
    }
    await expect(page.getByText(/0 of 2\d\d failed/)).toBeVisible();
    await page.getByRole('button', { name: 'Requests by status: more' }).click();
    await page.getByRole('menuitem', { name: 'Show as table' }).click();
    await expect(page.getByRole('figure', { name: 'Requests by status' }).getByRole('table')).toBeVisible();
    guard.expectClean();
  });

  test('tells what it costs and how that was computed', async ({ page }) => {
    const guard = guardPage(page);
    await page.goto(`/endpoints/${ENDPOINT}/cost`);
    const table = page.getByRole('group', { name: 'Cost by deployment' });
    for (const name of ['blue', 'green', 'Total']) await expect(table.getByRole('rowheader', { name })).toBeVisible();
    await page.getByRole('button', { name: 'How is this computed?' }).click();
    await expect(table.getByText(/×/).first()).toBeVisible();
    guard.expectClean();
  });

  test('keeps the console of each instance, searchable', async ({ page }) => {
    await page.goto(`/endpoints/${ENDPOINT}/logs?dep=green`);
    await expect(page.getByRole('radio', { name: 'green' })).toBeChecked();
    await page.getByRole('searchbox', { name: 'Search the console' }).fill('no line says this');
    await expect(page.getByRole('status').filter({ hasText: /^0 lines$/ })).toBeVisible();
  });
});
