import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { administratorConfig, ConfigError, listenConfig, parseConfig } from './config.ts';

test('an empty environment gives the documented defaults', () => {
  expect(parseConfig(listenConfig, {})).toEqual({
    VIRIDIAN_HOST: '127.0.0.1',
    VIRIDIAN_STUDIO_PORT: 3000,
    VIRIDIAN_GATEWAY_PORT: 8080,
    VIRIDIAN_API_PORT: 3001,
  });
});

test('every wrong variable is named at once', () => {
  const parse = (): unknown => parseConfig(listenConfig, { VIRIDIAN_STUDIO_PORT: 'http', VIRIDIAN_API_PORT: '70000' });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/VIRIDIAN_STUDIO_PORT[\s\S]*VIRIDIAN_API_PORT/);
});

test('a secret is read from the file that NAME_FILE names, without its line end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-config-'));
  try {
    writeFileSync(join(folder, 'password'), 'correct horse battery\n');
    const config = parseConfig(administratorConfig, { VIRIDIAN_ADMIN_PASSWORD_FILE: join(folder, 'password') });
    expect(config.VIRIDIAN_ADMIN_PASSWORD).toBe('correct horse battery');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a secret file that cannot be read is named', () => {
  expect(() => parseConfig(administratorConfig, { VIRIDIAN_ADMIN_PASSWORD_FILE: '/nowhere' })).toThrow(
    /VIRIDIAN_ADMIN_PASSWORD_FILE.*ENOENT/,
  );
});
