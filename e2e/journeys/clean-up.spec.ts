import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../support/stack.ts';
import { keyOf, makeEndpoint, predict, removeEndpoint } from '../support/endpoints.ts';
import { isListening, listInstanceProcesses } from '../support/processes.ts';

test('a deployment that takes traffic cannot be deleted, and both the menu and the API say why', async ({
  page,
  stack,
}) => {
  const endpoint = 'clean-traffic';
  await makeEndpoint(stack, endpoint, { blue: 'sample:iris-1', green: 'sample:iris-2' }, { blue: 100, green: 0 });
  await stack.signIn(page);
  await page.goto(`/endpoints/${endpoint}`);
  await page.getByRole('button', { name: 'Actions of blue' }).click();
  const entry = page.getByRole('menuitem', { name: /Delete/ });
  await expect(entry).toHaveAttribute('aria-disabled', 'true');
  await expect(entry).toContainText('It takes 100 % of the traffic');
  await page.keyboard.press('Escape');

  const refused = await fetch(`${stack.apiUrl}/endpoints/${endpoint}/deployments/blue`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${stack.apiKey}` },
  });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: 'deployment.has_traffic' });

  await page.getByRole('button', { name: 'Actions of green' }).click();
  await page.getByRole('menuitem', { name: /Delete/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete green' }).click();
  await expect(page).toHaveURL(/\/operations\//);
  await expect(page.getByText('The operation succeeded.')).toBeAttached();
  const key = await keyOf(stack, endpoint);
  expect(await predict(stack, { endpoint, key })).toMatchObject({ status: 200, deployment: 'blue' });
  await removeEndpoint(stack, endpoint);
});

test('an endpoint that is deleted by its typed name leaves no process, port, file or address', async ({
  page,
  stack,
}) => {
  const endpoint = 'clean-endpoint';
  const before = new Set(listInstanceProcesses(stack.dataDir).map(({ pid }) => pid));
  await makeEndpoint(stack, endpoint, { blue: 'sample:iris-1', green: 'sample:iris-2' }, { blue: 50, green: 50 });
  const mine = listInstanceProcesses(stack.dataDir).filter(({ pid }) => !before.has(pid));
  const ports = [...new Set(mine.map(({ port }) => port).filter((port) => port !== null))];
  expect(ports).toHaveLength(2);
  for (const port of ports) expect(await isListening(port)).toBe(true);
  expect(existsSync(join(stack.dataDir, 'logs', endpoint))).toBe(true);
  const key = await keyOf(stack, endpoint);

  await stack.signIn(page);
  await page.goto(`/endpoints/${endpoint}/settings`);
  await page.getByRole('button', { name: 'Delete endpoint…' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog.getByRole('button', { name: 'Delete endpoint' })).toBeDisabled();
  await dialog.getByRole('textbox').fill('clean-endpoin');
  await expect(dialog.getByRole('button', { name: 'Delete endpoint' })).toBeDisabled();
  await dialog.getByRole('textbox').fill(endpoint);
  await dialog.getByRole('button', { name: 'Delete endpoint' }).click();
  await expect(page.getByText(`${endpoint} is gone`)).toBeVisible();

  const left = listInstanceProcesses(stack.dataDir).map(({ pid }) => pid);
  expect(left.filter((pid) => !before.has(pid))).toEqual([]);
  for (const port of ports) expect(await isListening(port)).toBe(false);
  expect(readdirSync(join(stack.dataDir, 'instances')).filter((name) => name.includes(endpoint))).toEqual([]);
  expect(existsSync(join(stack.dataDir, 'logs', endpoint))).toBe(false);
  expect((await predict(stack, { endpoint, key })).status).not.toBe(200);
  await page.goto('/endpoints');
  await expect(page.getByRole('heading', { level: 1, name: 'Endpoints' })).toBeVisible();
  await expect(page.getByRole('link', { name: endpoint })).toHaveCount(0);
});
