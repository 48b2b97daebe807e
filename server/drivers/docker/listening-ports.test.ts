import { expect, test } from 'vitest';
import { describeListening, parseListeningPorts } from './listening-ports.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state = '0A'): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n`;

test('listeners are read with whether anybody outside can reach them', () => {
  const tcp = HEAD + row('00000000:1F90') + row('0100007F:2328') + row('0100007F:1F91', '01') + row('0B00007F:A1B2');
  const loopback6 = `${'0'.repeat(24)}01000000:2329`;
  const mapped = '0000000000000000FFFF00000100007F:232A';
  const any6 = `${'0'.repeat(32)}:232B`;
  const tcp6 = HEAD + row(loopback6) + row(mapped) + row(any6);
  expect(parseListeningPorts([tcp, tcp6])).toEqual([
    { port: 8080, loopbackOnly: false },
    { port: 9000, loopbackOnly: true },
    { port: 9001, loopbackOnly: true },
    { port: 9002, loopbackOnly: true },
    { port: 9003, loopbackOnly: false },
  ]);
});

test('a port that is listened on for everybody and on loopback is for everybody', () => {
  expect(parseListeningPorts([HEAD + row('0100007F:1F90'), HEAD + row(`${'0'.repeat(32)}:1F90`)])).toEqual([
    { port: 8080, loopbackOnly: false },
  ]);
});

test.each([
  [[], 'nothing listens on port 8080 yet'],
  [[{ port: 8080, loopbackOnly: false }], ''],
  [[{ port: 8080, loopbackOnly: true }], 'the program listens on port 8080 of 127.0.0.1 only'],
  [
    [
      { port: 9000, loopbackOnly: false },
      { port: 9001, loopbackOnly: true },
    ],
    'nothing listens on port 8080; the program listens on 9000, 9001',
  ],
])('what is found is told: %j', (listening, words) => {
  expect(describeListening(8080, listening)).toBe(words);
});
