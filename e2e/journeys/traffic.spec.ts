import type { Page } from '@playwright/test';
import { expect, type Stack, test } from '../support/stack.ts';
import { countAnswers, keyOf, makeEndpoint, predict, removeEndpoint } from '../support/endpoints.ts';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { guardPage } from '../support/page-guard.ts';

test.describe('blue and green', () => {
  const endpoint = 'traffic-two';

  test.beforeAll(async ({ stack }) => {
    await makeEndpoint(stack, endpoint, { blue: 'sample:iris-1', green: 'sample:iris-2' });
  });

  test.afterAll(async ({ stack }) => {
    await removeEndpoint(stack, endpoint);
  });

  test.beforeEach(async ({ page, stack }) => {
    await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { traffic: { blue: 100, green: 0 } });
    await stack.signIn(page);
    await page.goto(`/endpoints/${endpoint}`);
    await expect(slider(page)).toHaveValue('0');
  });

  test('a deployment without traffic answers those who name it, in the header and nobody else', async ({ stack }) => {
    const key = await keyOf(stack, endpoint);
    const named = await predict(stack, { endpoint, key, deployment: 'green' });
    expect(named).toMatchObject({ status: 200, deployment: 'green' });
    const split = await predict(stack, { endpoint, key });
    expect(split).toMatchObject({ status: 200, deployment: 'blue' });
    expect(split.body).not.toBe(named.body);
    expect(await predict(stack, { endpoint, key, deployment: 'amber' })).toMatchObject({ status: 404 });
    expect(await predict(stack, { endpoint, key: 'wrong', deployment: 'green' })).toMatchObject({ status: 401 });
  });

  test('the keyboard alone drafts a split, applies it, and every gateway worker serves exactly that', async ({
    page,
    stack,
  }) => {
    const guard = guardPage(page);
    // Arrows to the side move the thumb, which stands where blue ends; the others change the share that the slider is named after.
    await slider(page).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(slider(page)).toHaveValue('1');
    await page.keyboard.press('PageUp');
    await expect(slider(page)).toHaveValue('11');
    await page.keyboard.press('ArrowRight');
    await expect(slider(page)).toHaveValue('10');
    await page.keyboard.press('ArrowUp');
    await expect(slider(page)).toHaveValue('11');
    await page.keyboard.press('Shift+ArrowDown');
    await expect(slider(page)).toHaveValue('1');
    await page.keyboard.press('End');
    await expect(slider(page)).toHaveValue('100');
    await page.keyboard.press('Home');
    await expect(slider(page)).toHaveValue('0');
    await expect(page.getByText('Draft, not applied')).toBeHidden();
    await page.keyboard.press('PageUp');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowLeft');
    await expect(slider(page)).toHaveValue('21');
    await expect(slider(page)).toHaveAttribute('aria-valuetext', 'green 21 percent, blue 79 percent');
    await expect(page.getByText('Draft, not applied')).toBeVisible();
    await expect(page.getByText('Draft: blue 79 percent, green 21 percent')).toBeAttached();
    await expect(page).toHaveURL(/split=blue:79,green:21/);
    await expectAccessibleEverywhere(page);

    await slider(page).focus();
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('Split applied: blue 100 to 79 %, green 0 to 21 %')).toBeVisible();
    await expect(page.getByText(/(\d+) of \1 gateway workers serve it/)).toBeVisible();
    await expect(page.getByText('Draft, not applied')).toBeHidden();
    expect(await countAnswers(stack, endpoint)).toMatchObject({ shares: { blue: 79, green: 21 } });
    guard.expectClean();
  });

  test('number fields and presets draft as the slider does, and a draft survives a reload', async ({ page }) => {
    const blue = page.getByRole('spinbutton', { name: 'Share of blue in percent' });
    const green = page.getByRole('spinbutton', { name: 'Share of green in percent' });
    await green.fill('7');
    await green.press('Enter');
    await expect(blue).toHaveValue('93');
    await green.press('ArrowUp');
    await expect(green).toHaveValue('8');
    await page.getByRole('radio', { name: '25', exact: true }).click();
    await expect(blue).toHaveValue('75');
    await page.reload();
    await expect(green).toHaveValue('25');
    await expect(page.getByText('Draft, not applied')).toBeVisible();
    await page.getByRole('button', { name: /^Reset to r/ }).click();
    await expect(green).toHaveValue('0');
    await expect(page.getByRole('button', { name: 'Apply split' })).toBeDisabled();
  });

  test('undo takes the last split back, and the history restores any of them', async ({ page, stack }) => {
    await page.getByRole('radio', { name: '50', exact: true }).click();
    await page.getByRole('button', { name: 'Apply split' }).click();
    await expect(page.getByText('Split applied: blue 100 to 50 %, green 0 to 50 %')).toBeVisible();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText('Split applied: blue 50 to 100 %, green 50 to 0 %')).toBeVisible();
    expect(await trafficOf(stack, endpoint)).toEqual({ blue: 100, green: 0 });

    const half = page.getByRole('listitem').filter({ hasText: 'blue 50 %, green 50 %' }).first();
    await half.getByRole('button', { name: 'Restore' }).click();
    await expect(slider(page)).toHaveValue('50');
    await expect.poll(() => trafficOf(stack, endpoint)).toEqual({ blue: 50, green: 50 });
    expect(await countAnswers(stack, endpoint, 2)).toMatchObject({ shares: { blue: 50, green: 50 } });
  });

  test('a pointer drags the thumb, is drawn to presets unless Alt is held, and a click on the track is enough', async ({
    page,
  }) => {
    const box = await slider(page).boundingBox();
    if (!box) throw new Error('the slider has no box');
    const half = 12;
    const xOf = (green: number) => box.x + half + ((100 - green) / 100) * (box.width - 2 * half);
    const y = box.y + box.height / 2;
    await page.mouse.click(xOf(37), y);
    await expect(slider(page)).toHaveValue('37');
    await page.mouse.move(xOf(37), y);
    await page.mouse.down();
    await page.mouse.move(xOf(60), y, { steps: 5 });
    await page.mouse.move(xOf(37), y, { steps: 5 });
    await expect(slider(page)).toHaveValue('37');
    await page.mouse.move(xOf(70), y, { steps: 5 });
    await page.mouse.up();
    await expect(slider(page)).toHaveValue('70');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(page.getByText('Draft dropped')).toBeVisible();
    await expect(slider(page)).toHaveValue('0');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(slider(page)).toHaveValue('70');
  });

  test('a split that somebody else changed meanwhile is told, and either is kept by choice', async ({
    page,
    stack,
  }) => {
    await page.route('**/api/v1/**', (route) => route.abort());
    await page.getByRole('radio', { name: '10', exact: true }).click();
    await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { traffic: { blue: 40, green: 60 } });
    await page.getByRole('button', { name: 'Apply split' }).click();
    const conflict = page.getByRole('alertdialog', { name: 'The split was not applied' });
    await expect(conflict).toBeVisible();
    expect(await trafficOf(stack, endpoint)).toEqual({ blue: 40, green: 60 });
    await page.unroute('**/api/v1/**');
    await expect(conflict.getByText(/^blue 40 %, green 60 % by/)).toBeVisible({ timeout: 20_000 });
    await expectAccessibleEverywhere(page);
    await conflict.getByRole('button', { name: 'Apply mine on top' }).click();
    await expect.poll(() => trafficOf(stack, endpoint)).toEqual({ blue: 90, green: 10 });
  });

  test('all traffic is paused on request, and the rule brings it back', async ({ page, stack }) => {
    await page.getByRole('button', { name: 'Pause all traffic…' }).click();
    const dialog = page.getByRole('alertdialog');
    await expect(dialog).toContainText('get 404 until a split is applied again');
    await dialog.getByRole('button', { name: 'Pause traffic' }).click();
    await expect.poll(() => trafficOf(stack, endpoint)).toEqual({ blue: 0, green: 0 });
    await page.getByRole('radio', { name: '5', exact: true }).click();
    await expect(page.getByRole('spinbutton', { name: 'Share of blue in percent' })).toHaveValue('95');
    await page.getByRole('button', { name: 'Apply split' }).click();
    await expect.poll(() => trafficOf(stack, endpoint)).toEqual({ blue: 95, green: 5 });
  });
});

test.describe('three deployments', () => {
  const endpoint = 'traffic-three';

  test.beforeAll(async ({ stack }) => {
    await makeEndpoint(
      stack,
      endpoint,
      { amber: 'sample:iris-1', blue: 'sample:iris-1', green: 'sample:iris-2' },
      { amber: 20, blue: 60, green: 20 },
    );
  });

  test.afterAll(async ({ stack }) => {
    await removeEndpoint(stack, endpoint);
  });

  test.beforeEach(async ({ page, stack }) => {
    await stack.signIn(page);
    await page.goto(`/endpoints/${endpoint}`);
    await expect(share(page, 'blue')).toHaveValue('60');
  });

  test('moving one keeps the sum at 100, a locked one stays, and the gateway serves the result', async ({
    page,
    stack,
  }) => {
    await share(page, 'amber').focus();
    await page.keyboard.press('l');
    await expect(page.getByRole('button', { name: 'Unlock the share of amber' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    await expect(share(page, 'amber')).toBeDisabled();
    await expect(share(page, 'green')).toHaveAttribute('max', '80');
    await share(page, 'green').focus();
    await page.keyboard.press('PageUp');
    await page.keyboard.press('PageUp');
    await expect(share(page, 'green')).toHaveValue('40');
    await expect(share(page, 'amber')).toHaveValue('20');
    await expect(share(page, 'blue')).toHaveValue('40');
    await page.keyboard.press('End');
    await expect(share(page, 'green')).toHaveValue('80');
    await expect(share(page, 'blue')).toHaveValue('0');
    await page.keyboard.press('Home');
    await expect(share(page, 'green')).toHaveValue('0');
    await page.keyboard.press('PageUp');
    await expect(share(page, 'green')).toHaveValue('10');
    await expect(share(page, 'blue')).toHaveValue('70');
    await expectAccessibleEverywhere(page);
    await page.getByRole('button', { name: 'Apply split' }).click();
    await expect(page.getByText(/(\d+) of \1 gateway workers serve it/)).toBeVisible();
    expect(await countAnswers(stack, endpoint)).toMatchObject({ shares: { amber: 20, blue: 70, green: 10 } });
    await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { traffic: { amber: 20, blue: 60, green: 20 } });
  });

  test('typed shares are sent only when they sum to 100', async ({ page }) => {
    await page.getByText('Type all shares').click();
    const green = page.getByRole('spinbutton', { name: 'Share of green in percent' });
    await green.fill('17');
    await green.press('Enter');
    await expect(page.getByText('The shares sum to 97, not 100.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Apply split' })).toBeDisabled();
    await page.getByRole('button', { name: 'Bring to 100' }).click();
    await expect(page.getByRole('button', { name: 'Apply split' })).toBeEnabled();
  });

  test('a paused endpoint refuses calls and serves again after the way back', async ({ page, stack }) => {
    await stack.api('PUT', `/endpoints/${endpoint}/traffic`, { traffic: {} });
    const key = await keyOf(stack, endpoint);
    expect((await predict(stack, { endpoint, key })).status).toBeGreaterThanOrEqual(400);
    expect(await predict(stack, { endpoint, key, deployment: 'blue' })).toMatchObject({ status: 200 });
    await page.getByRole('button', { name: /^Roll back to r\d+ · .*blue 60 %/ }).click();
    await expect.poll(() => trafficOf(stack, endpoint)).toEqual({ amber: 20, blue: 60, green: 20 });
    expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200 });
  });
});

/** The one thumb of two deployments: its value is the share of the newer one. */
function slider(page: Page) {
  return page.getByRole('slider', { name: 'Share of green' });
}

function share(page: Page, deployment: string) {
  return page.getByRole('slider', { name: `Share of ${deployment}` });
}

async function trafficOf(stack: Stack, endpoint: string): Promise<Record<string, number>> {
  return (await stack.api<{ traffic: Record<string, number> }>('GET', `/endpoints/${endpoint}/traffic`)).traffic;
}
