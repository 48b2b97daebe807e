import { expect, test } from 'vitest';
import { findNetworkFault, parseNetworks } from './access-form.ts';

test('networks are written in lines, with commas or blanks', () => {
  expect(parseNetworks(' 10.0.0.0/8,\n2001:db8::/32  192.0.2.7\n')).toEqual([
    '10.0.0.0/8',
    '2001:db8::/32',
    '192.0.2.7',
  ]);
});

test('the network that is wrong is named', () => {
  expect(findNetworkFault('10.0.0.0/8\n10.0.0.1/8')).toContain('"10.0.0.1/8"');
  expect(findNetworkFault('')).toBeNull();
});
