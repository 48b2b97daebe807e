import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { keyOf, predict, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { needsPythonPackages, READY } from '../support/python.ts';
import { expect, test } from '../support/stack.ts';

test.beforeEach(async ({ page, stack }) => {
  await stack.signIn(page);
});

test('a script is written, mended where it is wrong, tried and deployed', async ({ page, stack }) => {
  needsPythonPackages();
  const endpoint = 'written';
  const guard = guardPage(page);
  await openLowCode(page);
  await page.getByLabel('Name', { exact: true }).fill(endpoint);

  // Neither a colon that is missing nor a module that is not installed gets as far as a deployment.
  await write(page, 'score.py', 'def init()\n    pass\n');
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page.getByText('score.py would not start.')).toBeVisible();
  await expect(page.getByText(/^Line 1: /)).toBeVisible();
  await expect(page.locator('.cm-lint-marker-error')).toHaveCount(1);
  await expectAccessibleEverywhere(page);

  await write(page, 'score.py', `import sklearn\n${SCRIPT}`);
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByText(/Add the package scikit-learn to the environment/)).toBeVisible(READY);

  await write(page, 'score.py', SCRIPT);
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByText('It works.')).toBeVisible(READY);
  await expect(page.getByRole('group', { name: 'Answer to the sample' })).toContainText('"rows": 1');
  await expect(page.getByRole('group', { name: 'YAML', exact: true })).toContainText('scoring_script: score.py');

  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page.getByText('blue is ready.')).toBeVisible(READY);
  guard.expectClean();
  const key = await keyOf(stack, endpoint);
  const body = { input_data: [[1], [2]] };
  const answer = await predict(stack, { endpoint, key, body });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toEqual({ rows: 2 });
  await removeEndpoint(stack, endpoint);
});

test('a deployed script is opened, broken, mended where it failed and deployed again', async ({ page, stack }) => {
  needsPythonPackages();
  const endpoint = 'rewritten';
  const guard = guardPage(page);
  await openLowCode(page);
  await page.getByLabel('Name', { exact: true }).fill(endpoint);
  await write(page, 'score.py', SCRIPT);
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page.getByText('blue is ready.')).toBeVisible(READY);

  await page.goto(`/endpoints/${endpoint}/deployments/blue`);
  await expect(page.getByRole('group', { name: 'score.py' })).toContainText('"rows": len');
  await expectAccessibleEverywhere(page);
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await expect(page).toHaveTitle(/^Edit blue · rewritten/);
  await expect(page.getByRole('textbox', { name: 'score.py' })).toContainText('"rows": len');
  await write(page, 'score.py', SCRIPT.replace('    pass', '    open("weights.bin")'));
  await page.getByRole('button', { name: 'Deploy again' }).click();
  await expect(page.getByText(/There is no weights\.bin/).first()).toBeVisible(READY);
  const key = await keyOf(stack, endpoint);
  const body = { input_data: [[1], [2]] };
  expect(await predict(stack, { endpoint, key, body })).toMatchObject({ status: 200, body: '{"rows": 2}' });

  await page.getByRole('link', { name: 'Edit and deploy again' }).click();
  await expect(page.getByRole('textbox', { name: 'score.py' })).toContainText('weights.bin');
  await write(page, 'score.py', SCRIPT.replace('"rows"', '"count"'));
  await page.getByRole('button', { name: 'Deploy again' }).click();
  await expect(page.getByText('blue is ready.')).toBeVisible(READY);
  expect(await predict(stack, { endpoint, key, body })).toMatchObject({ status: 200, body: '{"count": 2}' });
  guard.expectClean();
  await removeEndpoint(stack, endpoint);
});

test('packages that cannot be had together say so before anything is installed', async ({ page }) => {
  needsPythonPackages();
  await openLowCode(page);
  await write(page, 'requirements.txt', 'numpy==1.26.4\npandas==3.1.1\n');
  await page.getByRole('button', { name: 'Check the packages' }).click();
  await expect(page.getByText(/cannot be had together/)).toBeVisible(READY);
  await write(page, 'requirements.txt', 'numpy==2.4.6\n');
  await page.getByRole('button', { name: 'Check the packages' }).click();
  await expect(page.getByText(/packages fit together/)).toBeVisible(READY);
});

test('the output folder of AutoML fills in the form', async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-automl-'));
  const output = join(folder, 'automl');
  await mkdir(output);
  await writeFile(join(output, 'scoring_file_v_2_0_0.py'), `# run() has an @input_schema\n${SCRIPT}`);
  await writeFile(join(output, 'conda_env_v_1_0_0.yml'), 'dependencies:\n- python=3.11\n- pip:\n  - numpy==2.4.6\n');
  await writeFile(join(output, 'model.pkl'), 'bytes');

  await page.goto('/endpoints/new?source=upload');
  await page.locator('input[type=file][webkitdirectory]').setInputFiles(output);
  await expect(page.getByRole('radio', { name: /^Low code/ })).toBeChecked();
  await expect(page.getByLabel('Scoring script', { exact: true })).toHaveValue('scoring_file_v_2_0_0.py');
  await expect(page.getByRole('radio', { name: 'Conda file' })).toBeChecked();
  await expect(page.getByRole('textbox', { name: 'conda.yaml' })).toContainText('numpy==2.4.6');
  await expect(page.getByText('model.pkl').first()).toBeVisible();
  await expect(page.getByLabel('Register it as')).toHaveValue('model');
  // The script has a sample of its own.
  await expect(page.getByLabel('Request to try it with')).toHaveValue('');
  await rm(folder, { recursive: true });
});

const SCRIPT = `import json


def init():
    pass


def run(raw_data):
    return {"rows": len(json.loads(raw_data)["input_data"])}
`;

async function openLowCode(page: Page): Promise<void> {
  await page.goto('/endpoints/new?mode=lowcode');
  await expect(page.getByRole('textbox', { name: 'score.py' })).toBeVisible();
}

/** Puts a text in the place of what an editor holds, as somebody does who pastes it. */
async function write(page: Page, editor: string, text: string): Promise<void> {
  await page.getByRole('textbox', { name: editor }).click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(text);
}
