import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSubnet, freeSubnets, overlaps, parseRoutes, parseSubnet, type Subnet } from './subnets.ts';

const POOL = parseSubnet('10.213.0.0/16') as Subnet;

test('a range is read and written, and what is none is not', () => {
  for (const text of ['10.213.0.0/16', '192.168.4.128/25', '0.0.0.0/0']) {
    expect(formatSubnet(parseSubnet(text) as Subnet)).toBe(text);
  }
  expect(formatSubnet(parseSubnet('10.1.2.3/24') as Subnet)).toBe('10.1.2.0/24');
  for (const text of ['10.1.2/24', '10.1.2.256/24', '10.1.2.3/33', 'fd00::/64', ''])
    expect(parseSubnet(text)).toBeNull();
});

test('free ranges lie in the pool, overlap nothing that is taken, and are all there are', () => {
  const range = fc.record({ base: fc.integer({ min: 0, max: 511 }), bits: fc.constantFrom(24, 25, 26) });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), fc.string(), (places, name) => {
      const taken = places.map(
        ({ base, bits }) => parseSubnet(formatSubnet({ base: POOL.base + base * 128, bits })) as Subnet,
      );
      const free = [...freeSubnets(POOL, 25, taken, name)];
      expect(new Set(free.map(formatSubnet)).size).toBe(free.length);
      for (const one of free) {
        expect(overlaps(one, POOL)).toBe(true);
        expect(taken.some((other) => overlaps(other, one))).toBe(false);
      }
      const blocked = [...freeSubnets(POOL, 25, [], '')].filter((one) => taken.some((other) => overlaps(other, one)));
      expect(free.length + blocked.length).toBe(512);
    }),
  );
});

test('ranges that the host has a way to are read from its table, and the default route is none', () => {
  const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
  expect(parseRoutes(table).map(formatSubnet)).toEqual(['172.17.0.0/16', '192.0.2.0/24']);
});
