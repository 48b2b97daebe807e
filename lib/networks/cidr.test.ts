import { BlockList, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin, parseAddress, parseCidr } from './cidr.ts';

const within = (address: string, range: string): boolean => {
  const [octets, cidr] = [parseAddress(address), parseCidr(range)];
  if (octets === null || cidr === null) throw new Error(`${address} or ${range} cannot be read`);
  return isWithin(octets, cidr);
};

describe('a network', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.8', '192.0.2.7', false],
    ['192.0.2.129', '192.0.2.128/25', true],
    ['192.0.2.127', '192.0.2.128/25', false],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['2001:DB8:0:1::5', '2001:db8::/32', true],
    ['2001:db9::', '2001:db8::/32', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['::ffff:a01:203', '10.0.0.0/8', true],
    ['10.1.2.3', '::/0', true],
    ['fe80::1', '::/0', true],
  ])('holds %s in %s: %s', (address, range, expected) => expect(within(address, range)).toBe(expected));

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.1/8',
    '2001:db8::1/32',
    '2001:db8::/129',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
    'localhost',
    ' 10.0.0.0/8',
  ])('cannot be written %j', (text) => expect(parseCidr(text)).toBeNull());

  it('is what Node takes it for, for every address and prefix', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), (address, base, prefix) => {
        const list = new BlockList();
        list.addSubnet(base, prefix, 'ipv4');
        const octets = parseAddress(base) as Uint8Array;
        expect(isWithin(parseAddress(address) as Uint8Array, { octets, prefix: 96 + prefix })).toBe(
          list.check(address),
        );
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), fc.nat(128), (address, base, prefix) => {
        fc.pre(isIPv6(address) && isIPv6(base) && prefix > 0);
        const list = new BlockList();
        list.addSubnet(base, prefix, 'ipv6');
        const octets = parseAddress(base) as Uint8Array;
        expect(isWithin(parseAddress(address) as Uint8Array, { octets, prefix })).toBe(list.check(address, 'ipv6'));
      }),
    );
  });

  it('takes exactly the addresses that Node takes', () => {
    const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,24}$/));
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseAddress(text) !== null).toBe(isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
