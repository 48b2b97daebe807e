import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderEnvExample, renderSettingsPage } from './render-settings.ts';

const root = join(import.meta.dirname, '..', '..');

test('.env.example and the settings page say what the configuration slices say (npm run generate:settings)', () => {
  expect(readFileSync(join(root, '.env.example'), 'utf8')).toBe(renderEnvExample());
  expect(readFileSync(join(root, 'docs', 'settings.md'), 'utf8')).toBe(renderSettingsPage());
});
