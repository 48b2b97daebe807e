import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { MODULE_BOUNDARIES } from './module-boundaries.ts';

/**
 * Lints a folder of seeded violations and demands that every file in it is reported by the boundary rules: a gate that passes on nothing is
 * worse than none. A module that the table does not know would be open to all, so that is a failure too.
 */
const root = join(import.meta.dirname, '..', '..');
const canary = join(import.meta.dirname, 'canary');

const seeded = readdirSync(canary, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const lint = spawnSync(join(root, 'node_modules', '.bin', 'oxlint'), ['--format=json', canary], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, VIRIDIAN_LINT_CANARY: '1' },
});
const { diagnostics } = JSON.parse(lint.stdout) as { diagnostics: { filename: string; code: string }[] };
const reported = new Set(
  diagnostics.filter(({ code }) => code.includes('no-restricted-imports')).map(({ filename }) => filename),
);
const missed = seeded.filter((file) => !reported.has(file));

console.log(`${seeded.length - missed.length} of ${seeded.length} seeded violations reported`);
if (seeded.length < 8 || missed.length > 0) {
  console.error(`Not reported:\n  ${missed.join('\n  ')}`);
  process.exitCode = 1;
}

const unlisted = readdirSync(join(root, 'server'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !(`server/${entry.name}` in MODULE_BOUNDARIES))
  .map((entry) => `server/${entry.name}`);
if (unlisted.length > 0) {
  console.error(`Not in module-boundaries.ts: ${unlisted.join(', ')}`);
  process.exitCode = 1;
}
