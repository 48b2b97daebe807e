import { describe, expect, test } from 'vitest';
import { actsFromThisSite, isSecureRequest, safeNextPath } from './request-origin.ts';

function request(method: string, headers: Record<string, string>) {
  return { method, header: (name: string) => headers[name] ?? null };
}

describe('a request with a session', () => {
  test('changes things from the studio itself', () => {
    const own = { host: 'studio.test:3000', origin: 'http://studio.test:3000', 'sec-fetch-site': 'same-origin' };
    expect(actsFromThisSite(request('PUT', own))).toBe(true);
  });

  test.each([
    ['another site', { host: 'studio.test', origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { host: 'studio.test', origin: 'https://x.studio.test', 'sec-fetch-site': 'same-site' }],
    ['another port', { host: 'studio.test:3000', origin: 'http://studio.test:8080' }],
    ['nowhere', { host: 'studio.test' }],
    ['an opaque origin', { host: 'studio.test', origin: 'null' }],
    ['an own origin that Fetch Metadata denies', { host: 'a.test', origin: 'http://a.test', 'sec-fetch-site': 'none' }],
  ])('changes nothing from %s', (_where, headers) => {
    expect(actsFromThisSite(request('POST', headers))).toBe(false);
  });

  test('behind a reverse proxy is judged by the host that the browser saw', () => {
    const headers = { host: '127.0.0.1:3000', 'x-forwarded-host': 'ml.example.com', origin: 'https://ml.example.com' };
    expect(actsFromThisSite(request('DELETE', headers))).toBe(true);
  });

  test('reads nothing for a script of another site, and opens for a link', () => {
    expect(actsFromThisSite(request('GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }))).toBe(false);
    expect(actsFromThisSite(request('GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }))).toBe(
      true,
    );
    expect(actsFromThisSite(request('GET', {}))).toBe(true);
  });
});

test('TLS is what the reverse proxy says', () => {
  expect(isSecureRequest(request('GET', { 'x-forwarded-proto': 'https' }))).toBe(true);
  expect(isSecureRequest(request('GET', { 'x-forwarded-proto': 'http, https' }))).toBe(false);
  expect(isSecureRequest(request('GET', {}))).toBe(false);
});

describe('the place after signing in', () => {
  test.each(['/endpoints/iris/monitoring?range=now-6h..now', '/', '/models'])('%s is kept', (path) => {
    expect(safeNextPath(path)).toBe(path);
  });
  test.each([
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/ok\\..\\evil',
    'javascript:alert(1)',
    '/\t/evil.test',
    '/\n/evil.test',
    '',
    null,
    undefined,
    '/sign-in?next=/x',
    '/api/v1/info',
    '/a/../sign-in',
  ])('%j leads to the overview', (path) => {
    expect(safeNextPath(path)).toBe('/');
  });
});
