import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderEnvExample, renderSettingsPage } from './settings/render-settings.ts';

/** Writes `.env.example` and `docs/settings.md` from the configuration slices. A test fails when they are out of date. */
const root = join(import.meta.dirname, '..');
writeFileSync(join(root, '.env.example'), renderEnvExample());
writeFileSync(join(root, 'docs', 'settings.md'), renderSettingsPage());
