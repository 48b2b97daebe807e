import { expect, test } from 'vitest';
import { PREFERENCE_COOKIES, preferenceCookie, readPreferences } from './preferences.ts';

const from = (cookies: Record<string, string>, language: string | null = null) =>
  readPreferences((name) => cookies[name], language);

test('a first visit follows the system, in the language of the browser and in UTC', () => {
  expect(from({}, 'de-DE,de;q=0.9,en;q=0.8')).toEqual({
    theme: 'system',
    locale: 'de-DE',
    timeZone: 'UTC',
    rail: 'auto',
  });
});

test('what the cookies say is kept', () => {
  const cookies = {
    [PREFERENCE_COOKIES.theme]: 'dark',
    [PREFERENCE_COOKIES.timeZone]: 'Asia/Kolkata',
    [PREFERENCE_COOKIES.rail]: 'folded',
  };
  expect(from(cookies)).toEqual({
    theme: 'dark',
    locale: 'en-US',
    timeZone: expect.stringMatching(/^Asia\//),
    rail: 'folded',
  });
});

test.each(['', '*', '!!!', 'x'.repeat(500), 'klingon-xx-yy-zz-bad-'])(
  'language %j does not break the page',
  (language) => {
    expect(from({}, language).locale).toMatch(/^[a-z]/i);
  },
);

test('a zone that does not exist is UTC, a theme that does not exist is that of the system', () => {
  const cookies = { [PREFERENCE_COOKIES.timeZone]: 'Mars/Olympus', [PREFERENCE_COOKIES.theme]: '"><script>' };
  expect(from(cookies)).toMatchObject({ timeZone: 'UTC', theme: 'system' });
});

test('a cookie cannot carry another attribute in its value', () => {
  expect(preferenceCookie('timeZone', 'a; domain=evil')).toMatch(/^viridian\.time-zone=a%3B%20domain%3Devil; path=\//);
});
