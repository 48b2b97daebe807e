import { expect, test } from 'vitest';
import { parseConfig } from '#server/kernel/config.ts';
import { hideSecrets, pythonConfig, secretsOf } from './python-settings.ts';

test('without settings, packages come from the public index', () => {
  expect(parseConfig(pythonConfig, {})).toMatchObject({
    VIRIDIAN_PIP_INDEX_URL: 'https://pypi.org/simple',
    VIRIDIAN_PIP_EXTRA_INDEX_URLS: [],
    VIRIDIAN_PYTHON_DOWNLOADS: 'auto',
  });
});

test('passwords of indexes and proxies are known, so that logs can leave them out', () => {
  const settings = parseConfig(pythonConfig, {
    VIRIDIAN_PIP_INDEX_URL: 'https://me:p%40ss@index.test/simple',
    VIRIDIAN_PIP_EXTRA_INDEX_URLS: 'https://a.test/simple, https://you:word@b.test/simple',
    VIRIDIAN_HTTPS_PROXY: 'http://proxy:secret@proxy.test:3128',
  });
  expect(new Set(secretsOf(settings))).toEqual(new Set(['p%40ss', 'p@ss', 'word', 'secret']));
  expect(hideSecrets('p@ss p%40ss of https://you:word@b.test', settings)).toBe('*** *** of https://you:***@b.test');
});

test.each([
  ['VIRIDIAN_PIP_INDEX_URL', 'pypi.org'],
  ['VIRIDIAN_PIP_EXTRA_INDEX_URLS', 'https://a.test,ftp://b.test'],
  ['VIRIDIAN_EXTRA_CA_FILE', 'ca.pem'],
  ['VIRIDIAN_HTTPS_PROXY', 'socks5://proxy.test'],
  ['VIRIDIAN_ENVIRONMENT_CACHE_MIB', '-1'],
])('%s refuses %s', (name, value) => {
  expect(() => parseConfig(pythonConfig, { [name]: value })).toThrow(name);
});
