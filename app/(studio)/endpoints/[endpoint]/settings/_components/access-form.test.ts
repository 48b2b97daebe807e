import { expect, test } from 'vitest';
import { findNetworkFault, findOriginFault, parseWords } from './access-form.ts';

test('networks are written in lines, with commas or blanks', () => {
  expect(parseWords(' 10.0.0.0/8,\n2001:db8::/32  192.0.2.7\n')).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
});

test('the network that is wrong is named', () => {
  expect(findNetworkFault('10.0.0.0/8\n10.0.0.1/8')).toContain('"10.0.0.1/8"');
  expect(findNetworkFault('')).toBeNull();
});

test.each([
  ['', null],
  ['*', null],
  ['https://app.example.org http://localhost:5173', null],
  ['https://app.example.org/', '"https://app.example.org/"'],
  ['app.example.org', '"app.example.org"'],
  ['https://App.example.org', '"https://App.example.org"'],
])('of the origins %j the wrong one is named', (text, named) => {
  const fault = findOriginFault(text);
  expect(named === null ? fault : fault?.startsWith(named)).toBe(named === null ? null : true);
});
