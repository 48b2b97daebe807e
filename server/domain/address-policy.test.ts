import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExternalUrl } from '#lib/contracts/external-rules.ts';
import { createAddressPolicy } from './address-policy.ts';

const EVERYTHING = createAddressPolicy(['0.0.0.0/0', '::/0']);
const NOTHING = createAddressPolicy([]);

/** Addresses that no list opens, by why. */
const NEVER: Record<string, readonly string[]> = {
  'metadata service': [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
  ],
  'link-local': ['169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  'multicast or broadcast': ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
  'IPv4 address written as IPv6': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '0:0:0:0:0:ffff:a9fe:a9fe'],
  'inside an IPv6 one': ['64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001:0:1:2:3:4:5:6', '::ffff:0:7f00:1'],
  reserved: ['192.0.2.1', '198.51.100.7', '203.0.113.9', '240.0.0.1', '192.0.0.8', '2001:db8::1'],
  'no range that servers have': ['::7f00:1', 'fec0::1', '100::1', '5f00::1', '4000::1'],
  'no IP address': ['', 'localhost', '127.1', '0177.0.0.1', '2130706433', 'fe80::1%eth0', '127.0.0.1:80', '[::1]'],
};

describe.each(Object.entries(NEVER))('what is %s', (words, addresses) => {
  test.each(addresses)('%j is never reached', (address) => {
    expect(EVERYTHING(address)).toContain(words);
    expect(NOTHING(address)).not.toBeNull();
  });
});

test.each([
  ['127.0.0.1', '127.0.0.0/8'],
  ['127.255.0.1', '127.255.0.0/16'],
  ['::1', '::1'],
  ['10.20.30.40', '10.0.0.0/8'],
  ['172.31.255.255', '172.16.0.0/12'],
  ['192.168.1.1', '192.168.1.0/24'],
  ['100.64.0.1', '100.64.0.0/10'],
  ['198.18.0.1', '198.18.0.0/15'],
  ['fd12:3456::1', 'fd12::/16'],
])('%s is reached where %s is listed and nowhere else', (address, network) => {
  expect(NOTHING(address)).toContain('outside VIRIDIAN_EXTERNAL_ALLOW');
  expect(createAddressPolicy(['192.168.77.0/24'])(address)).not.toBeNull();
  expect(createAddressPolicy([network])(address)).toBeNull();
});

test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '126.255.255.255', '2606:4700::1111', '2a00:1450::1'])(
  'the public address %s needs no entry',
  (address) => {
    expect(NOTHING(address)).toBeNull();
  },
);

test('an IPv4 address is judged alike in every spelling that a URL has for it', () => {
  const octets = fc.tuple(...([fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)] as const));
  fc.assert(
    fc.property(octets, ([a, b, c, d]) => {
      const whole = ((a * 256 + b) * 256 + c) * 256 + d;
      const hex = (value: number): string => `0x${value.toString(16)}`;
      const octal = (value: number): string => `0${value.toString(8)}`;
      const spellings = [
        `${a}.${b}.${c}.${d}`,
        String(whole),
        hex(whole),
        octal(whole),
        `${a}.${whole % 2 ** 24}`,
        `${hex(a)}.${octal(b)}.${c * 256 + d}`,
        `${a}.${b}.${c}.${d}.`,
      ];
      for (const spelling of spellings) {
        expect(parseExternalUrl(`http://${spelling}/`).host).toBe(`${a}.${b}.${c}.${d}`);
      }
    }),
  );
});
