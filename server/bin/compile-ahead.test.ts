import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'viridian-compile-ahead-'));
const environment = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(folder, 'compiled') };

const run = (program: string, further: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(ROOT, program)], {
    env: { ...environment, ...further, NODE_ENV: 'production' },
    encoding: 'utf8',
  });

describe('compiling ahead', () => {
  beforeAll(() => {
    const { status, stdout, stderr } = run('scripts/setup/compile-ahead.mjs');
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['viridian.ts', 'telemetry.ts', 'control-plane.ts', 'gateway.ts'])(
    '%s finds everything compiled that it loads',
    (entry) => {
      const { stderr, status } = run(`server/bin/${entry}`, {
        NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
        VIRIDIAN_DATA_DIR: join(folder, 'data'),
        VIRIDIAN_LOG_LEVEL: 'not a level',
      });
      expect(status).toBe(78);
      const stripped = stderr
        .split('\n')
        .filter((line) => line.includes('reading cache') && line.includes('for StrippedTypeScript'));
      expect(stripped.length).toBeGreaterThan(5);
      expect(stripped.filter((line) => !line.includes('success'))).toEqual([]);
    },
  );
});
