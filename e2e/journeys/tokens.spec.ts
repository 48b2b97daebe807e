import type { Page } from '@playwright/test';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { keyOf, makeEndpoint, predict, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { expect, type Stack, test } from '../support/stack.ts';

const endpoint = 'token-gate';

test.describe('who may call', () => {
  test.beforeAll(async ({ stack }) => {
    await makeEndpoint(stack, endpoint, { blue: 'sample:iris-1' }, { blue: 100 });
  });

  test.afterAll(async ({ stack }) => {
    await removeEndpoint(stack, endpoint);
  });

  test('an endpoint goes over to tokens, which open it in place of its keys, and back', async ({ page, stack }) => {
    const guard = guardPage(page);
    await stack.signIn(page);
    const key = await keyOf(stack, endpoint);
    expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200 });

    await page.goto(`/endpoints/${endpoint}/settings`);
    await page.getByRole('radio', { name: /Tokens/ }).check({ force: true });
    await expect(page.getByText('Both keys stop working with the save')).toBeVisible();
    await expectAccessibleEverywhere(page);
    await saveSettings(page);
    expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 401 });

    await page.goto(`/endpoints/${endpoint}/consume`);
    await expect(page.getByText(`/api/v1/endpoints/${endpoint}/token`)).toBeVisible();
    await page.getByRole('button', { name: 'Get token' }).click();
    const token = (await page.getByRole('group', { name: 'Token', exact: true }).textContent()) ?? '';
    await expect(page.getByText(/Good until .* Programs should get the next one in 4\d minutes/)).toBeVisible();
    await expectAccessibleEverywhere(page);
    expect(await predict(stack, { endpoint, key: token })).toMatchObject({ status: 200, deployment: 'blue' });
    expect(await predict(stack, { endpoint, key: `${token}x` })).toMatchObject({ status: 401 });

    await page.goto(`/endpoints/${endpoint}/test`);
    await page.getByRole('button', { name: 'Send request' }).click();
    await expect(page.getByRole('region', { name: 'Answer' }).getByText('200', { exact: true })).toBeVisible();

    await page.goto(`/endpoints/${endpoint}/settings`);
    await page.getByRole('radio', { name: /Keys/ }).check({ force: true });
    await saveSettings(page);
    expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200 });
    guard.expectClean();
  });

  test('tokens in wrong hands are refused at once by a new signing key', async ({ page, stack }) => {
    const guard = guardPage(page);
    await stack.signIn(page);
    await stack.api('PATCH', `/endpoints/${endpoint}`, { auth_mode: 'aml_token' });
    const issue = async () =>
      (await stack.api<{ access_token: string }>('POST', `/endpoints/${endpoint}/token`)).access_token;
    const token = await issue();
    expect(await predict(stack, { endpoint, key: token })).toMatchObject({ status: 200 });
    await page.goto('/admin/api-keys');
    await page.getByRole('button', { name: 'Replace signing key…' }).click();
    await page.getByText('Refuse every token that was issued so far').click();
    await page.getByRole('button', { name: 'Replace and refuse tokens' }).click();
    await expect(page.getByText('The tokens issued so far no longer work')).toBeVisible();
    await expectAccessibleEverywhere(page);
    expect(await predict(stack, { endpoint, key: token })).toMatchObject({ status: 401 });
    expect(await predict(stack, { endpoint, key: await issue() })).toMatchObject({ status: 200 });
    await stack.api('PATCH', `/endpoints/${endpoint}`, { auth_mode: 'key' });
    guard.expectClean();
  });

  test('networks and limits of each key are set in the settings and hold at the gateway', async ({ page, stack }) => {
    const guard = guardPage(page);
    await stack.signIn(page);
    const key = await keyOf(stack, endpoint);
    await page.goto(`/endpoints/${endpoint}/settings`);
    await page.getByText('Callers on any network may call').click();
    const networks = page.getByRole('textbox', { name: 'Allowed networks' });
    await networks.fill('10.0.0.1/8');
    await expect(page.getByText('"10.0.0.1/8" is no network.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Save settings' })).toBeDisabled();
    await networks.fill('192.0.2.0/24');
    const perKey = page.getByRole('group', { name: 'Of each key' });
    await perKey.getByRole('textbox', { name: 'Burst' }).fill('2');
    await expect(perKey.getByText('Needs requests per second')).toBeVisible();
    await perKey.getByRole('textbox', { name: 'Requests per second' }).fill('0.001');
    await expectAccessibleEverywhere(page);
    await saveSettings(page);

    const through = (address: string) => throughProxy(stack, key, address);
    expect(await through('192.0.2.7')).toBe(403);
    const statuses = [];
    for (let sent = 0; sent < 4; sent += 1) statuses.push((await predict(stack, { endpoint, key })).status);
    expect(statuses).toEqual([200, 200, 429, 429]);

    await perKey.getByRole('textbox', { name: 'Burst' }).fill('');
    await perKey.getByRole('textbox', { name: 'Requests per second' }).fill('');
    await page.getByText('Callers on any network may call').click();
    await saveSettings(page);
    expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200 });
    expect(await through('192.0.2.7')).toBe(200);
    guard.expectClean();
  });
});

async function saveSettings(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByText('Saved the settings')).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss' }).click();
}

/** What a caller gets whose request a proxy on this host passes on. */
async function throughProxy(stack: Stack, key: string, address: string): Promise<number> {
  const answer = await fetch(`${stack.gatewayUrl}/${endpoint}/v2/health/ready`, {
    headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': address },
  });
  await answer.body?.cancel();
  return answer.status;
}
