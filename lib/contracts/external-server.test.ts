import { expect, test } from 'vitest';
import { externalUrlFault, headerNameFault, headerValueFault, parseExternalUrl } from './external-rules.ts';
import { externalWriteSchema } from './external-server.ts';

test.each([
  ['http://models.example:8000', 'http://models.example:8000', 'models.example', 8000, 'models.example:8000', ''],
  ['HTTP://Models.Example/', 'http://models.example', 'models.example', 80, 'models.example', ''],
  ['https://models.example/v2/', 'https://models.example/v2', 'models.example', 443, 'models.example', '/v2'],
  ['http://[2001:DB8::1]:80/a/../b', 'http://[2001:db8::1]/b', '2001:db8::1', 80, '[2001:db8::1]', '/b'],
  ['http://bücher.example', 'http://xn--bcher-kva.example', 'xn--bcher-kva.example', 80, 'xn--bcher-kva.example', ''],
])('%s is understood', (text, url, host, port, authority, basePath) => {
  expect(externalUrlFault(text)).toBeNull();
  expect(parseExternalUrl(text)).toMatchObject({ url, host, port, authority, basePath });
});

test.each([
  '',
  'models.example:8000',
  ' http://a',
  'file:///etc/passwd',
  'gopher://a',
  'http://user@a',
  'http://a?b',
  'http://a?',
  'http://a#b',
  'http://a:0',
  'http://a:70000',
  'http://a//b',
  'http://a/b%2f..%2fc',
  'http://a/b;c',
  'http://[fe80::1%25eth0]/',
  'http://a b/',
  'http://999.1.1.1/',
])('%j is refused with what it must be', (text) => {
  expect(externalUrlFault(text)).toMatch(/^must /);
});

test.each([
  'Host',
  'Connection',
  'transfer-encoding',
  'Content_Length',
  'X-Forwarded-For',
  'x-request-id',
  'Viridian-Hop',
  'a b',
  '',
])('the field %j is not to be set', (name) => {
  expect(headerNameFault(name)).toMatch(/^must /);
});

test.each(['Authorization', 'X-API-Key', 'OpenAI-Organization', 'Cookie'])('the field %s may be set', (name) => {
  expect(headerNameFault(name)).toBeNull();
});

test.each(['a\r\nb: c', 'a\n', '\u00e9', ' a', 'a ', '', '\0'])('the value %j is refused', (value) => {
  expect(headerValueFault(value)).toMatch(/^must /);
});

test('fields together fit into the head of a request', () => {
  const urls = ['http://a'];
  expect(externalWriteSchema.safeParse({ urls, headers: { a: 'x'.repeat(12_000) } }).success).toBe(true);
  expect(externalWriteSchema.safeParse({ urls, headers: { a: 'x'.repeat(13_000) } }).success).toBe(false);
  expect(externalWriteSchema.safeParse({ urls, headers: { a: 'x', A: 'y' } }).success).toBe(false);
});
