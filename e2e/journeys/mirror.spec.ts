import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { keyOf, makeEndpoint, predict, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { listInstanceProcesses } from '../support/processes.ts';
import { expect, type Stack, test } from '../support/stack.ts';

interface Totals {
  mirrors: { mirror: string; compared: number; agreed: number }[];
}

const CALLS = 5;

test.describe('a mirror', () => {
  let endpoint = '';
  let made = 0;

  test.beforeEach(async ({ stack }) => {
    made += 1;
    endpoint = `mirrored-${made}`;
    const deployments = { blue: 'sample:iris-1', twin: 'sample:iris-1', next: 'sample:iris-2' } as const;
    await makeEndpoint(stack, endpoint, deployments, { blue: 100 });
  });

  test.afterEach(async ({ stack }) => {
    await removeEndpoint(stack, endpoint);
  });

  test('is switched on, and its agreement is told, with the keyboard alone', async ({ page, stack }) => {
    const guard = guardPage(page);
    await stack.signIn(page);
    await page.goto(`/endpoints/${endpoint}`);
    const mirroring = page.getByRole('region', { name: 'Mirroring' });
    await expect(mirroring.getByRole('switch', { name: 'Copy requests to blue' })).toBeDisabled();
    for (const name of ['twin', 'next']) {
      await mirroring.getByRole('switch', { name: `Copy requests to ${name}` }).focus();
      await page.keyboard.press('Space');
      await expect(page.getByText(`${name} gets copies of 10 % of the requests`)).toBeVisible();
      const share = mirroring.getByRole('spinbutton', { name: `Share of requests copied to ${name}` });
      await share.fill('100');
      await share.press('Tab');
      await mirroring.getByRole('button', { name: 'Copy 100 %' }).press('Enter');
      await expect(page.getByText(`${name} gets copies of 100 % of the requests`)).toBeVisible();
    }
    await mirroring.getByRole('switch', { name: 'Compare the answers with the live ones' }).press('Space');
    await expect(mirroring.getByRole('heading', { name: 'Nothing was compared in the last 24 hours' })).toBeVisible();
    expect(await stack.api('GET', `/endpoints/${endpoint}`)).toMatchObject({
      mirror_traffic: { twin: 100, next: 100 },
      mirror_comparison: { sample_percent: 100, relative_tolerance: 0.001 },
    });
    await callAndCompare(stack);
    const agreement = mirroring.getByRole('group', { name: 'Agreement of mirrors' });
    await expect(agreement.getByRole('row', { name: /^next blue 0\s?% 5/ })).toBeVisible({ timeout: 20_000 });
    await expect(agreement.getByRole('row', { name: /^twin blue 100\s?% 5/ })).toBeVisible();
    await expectAccessibleEverywhere(page);
    guard.expectClean();
  });

  test('that disagrees is read side by side with the live answer, with the keyboard alone', async ({ page, stack }) => {
    const guard = guardPage(page);
    await switchOn(stack);
    await callAndCompare(stack);
    await stack.signIn(page);
    await page.goto(`/endpoints/${endpoint}`);
    const pairs = page.getByRole('group', { name: 'Newest answers that disagree' });
    await expect(pairs.getByRole('button')).toHaveCount(CALLS);
    await pairs.getByRole('button').first().press('Enter');
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('columnheader', { name: /^Live blue 200/ })).toBeVisible();
    await expect(dialog.getByRole('columnheader', { name: /^Mirror next 200/ })).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^differs: .*differs: / }).first()).toBeVisible();
    await expect(dialog.getByRole('group', { name: 'Body of the request' })).toContainText('sepal_length');
    await expectAccessibleEverywhere(page);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(pairs.getByRole('button').first()).toBeFocused();
    guard.expectClean();
  });

  test('is never waited for: one that is suspended costs its callers nothing', async ({ stack }) => {
    await switchOn(stack);
    const key = await keyOf(stack, endpoint);
    const { items } = await stack.api<{ items: { id: string }[] }>(
      'GET',
      `/endpoints/${endpoint}/deployments/next/instances`,
    );
    const id = items[0]!.id;
    const { pid } = listInstanceProcesses(stack.dataDir).find((one) => one.folder === id)!;
    process.kill(pid, 'SIGSTOP');
    try {
      for (let call = 0; call < 20; call += 1) {
        expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200, deployment: 'blue' });
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  async function switchOn(stack: Stack): Promise<void> {
    await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { mirror_traffic: { twin: 100, next: 100 } });
    const comparison = { sample_percent: 100, relative_tolerance: 0.001 };
    await stack.api('PATCH', `/endpoints/${endpoint}`, { mirror_comparison: comparison });
  }

  /** Calls the endpoint and waits until all of it has been compared. */
  async function callAndCompare(stack: Stack): Promise<void> {
    const key = await keyOf(stack, endpoint);
    for (let call = 0; call < CALLS; call += 1) {
      expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200, deployment: 'blue' });
    }
    await expect
      .poll(async () => (await stack.api<Totals>('GET', `/endpoints/${endpoint}/mirror-comparisons`)).mirrors)
      .toMatchObject([
        { live: 'blue', mirror: 'next', compared: CALLS, agreed: 0 },
        { live: 'blue', mirror: 'twin', compared: CALLS, agreed: CALLS },
      ]);
  }
});
