import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectAccessibleEverywhere } from '../support/accessibility.ts';
import { keyOf, predict, removeEndpoint } from '../support/endpoints.ts';
import { guardPage } from '../support/page-guard.ts';
import { needsPythonPackages, READY } from '../support/python.ts';
import { expect, test } from '../support/stack.ts';

/** A model of one's own, as MLflow saves it: it adds two columns. */
const MODEL = {
  MLmodel: `flavors:
  python_function:
    code: code
    env:
      virtualenv: python_env.yaml
    loader_module: adder
mlflow_version: 3.17.2
run_id: 0123456789abcdef0123456789abcdef
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}, {"type": "double", "name": "b", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
`,
  'code/adder.py': `class Adder:
    def predict(self, frame, params=None):
        return (frame["a"] + frame["b"]).to_numpy()


def _load_pyfunc(path):
    return Adder()
`,
  'python_env.yaml': 'dependencies:\n- -r requirements.txt\n',
  'requirements.txt': 'mlflow-skinny==3.17.2\nnumpy==2.4.6\npandas==3.1.1\n',
};

let folder: string;
test.beforeEach(async ({ page, stack }) => {
  await stack.signIn(page);
  folder = await mkdtemp(join(tmpdir(), 'viridian-mlflow-'));
  await mkdir(join(folder, 'adder', 'code'), { recursive: true });
  for (const [path, text] of Object.entries(MODEL)) await writeFile(join(folder, 'adder', path), text);
});
test.afterEach(() => rm(folder, { recursive: true }));

test('a folder that MLflow saved is dropped, and answers', async ({ page, stack }) => {
  needsPythonPackages();
  const endpoint = 'adder';
  const guard = guardPage(page);
  await page.goto('/endpoints/new?source=upload');
  await page.locator('input[type=file][webkitdirectory]').setInputFiles(join(folder, 'adder'));

  await expect(page.getByRole('definition').filter({ hasText: 'MLflow' })).toBeVisible();
  await expect(page.getByText(/It runs on Python with 3 packages/)).toBeVisible();
  await expect(page.getByText(/Loading it runs code from code\/adder\.py/)).toBeVisible();
  await page.getByText('Signature and a sample request').click();
  await expect(page.getByRole('group', { name: 'Signature', exact: true })).toContainText('double');
  await expectAccessibleEverywhere(page);

  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByText('It works.')).toBeVisible(READY);

  await page.getByLabel('Name', { exact: true }).fill(endpoint);
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await expect(page.getByText('blue is ready.')).toBeVisible(READY);
  guard.expectClean();
  const key = await keyOf(stack, endpoint);
  const body = { input_data: { columns: ['a', 'b'], data: [[1, 2.5]] } };
  expect(await predict(stack, { endpoint, key, body })).toMatchObject({ status: 200, body: '[3.5]' });
  const wrong = { input_data: { columns: ['a'], data: [[1]] } };
  expect(await predict(stack, { endpoint, key, body: wrong })).toMatchObject({
    body: expect.stringMatching(/\bb\b/),
  });
  await removeEndpoint(stack, endpoint);
});
