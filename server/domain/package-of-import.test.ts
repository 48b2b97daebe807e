import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageOfImport } from './package-of-import.ts';

test.each([
  ['sklearn', 'scikit-learn'],
  ['sklearn.linear_model', 'scikit-learn'],
  ['cv2', 'opencv-python-headless'],
  ['PIL.Image', 'pillow'],
  ['yaml', 'pyyaml'],
  ['bs4', 'beautifulsoup4'],
  ['dotenv', 'python-dotenv'],
  ['google.cloud.storage.blob', 'google-cloud-storage'],
  ['requests.adapters', 'requests'],
  ['my_own_module', 'my-own-module'],
  ['constructor', 'constructor'],
])('import %s is provided by %s', (module, name) => {
  expect(packageOfImport(module)).toBe(name);
});

test('the Python server, which runs without this program, names the same packages', () => {
  const file = join(import.meta.dirname, '../inference/python/viridian_serving/scoring/packages.py');
  const [table = ''] = /_PROVIDERS = \{[^}]+\}/.exec(readFileSync(file, 'utf8')) ?? [];
  const pairs = [...table.matchAll(/"([^"]+)": "([^"]+)"/g)].map(([, module, name]) => [module, name]);
  expect(pairs.length).toBeGreaterThan(50);
  expect(pairs.map(([module = '']) => [module, packageOfImport(module)])).toEqual(pairs);
});
