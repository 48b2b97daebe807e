import { describe, expect, it } from 'vitest';
import { compareReadings } from './compare-readings.ts';
import { explain } from './explain-disagreement.ts';
import { readAsWeDo } from './our-reading.ts';
import type { Reading } from './reading.ts';
import { runFuzz } from './run-fuzz.ts';

it.each([1, 2])('the codec and llhttp disagree about nothing that is not explained (seed %d)', async (seed) => {
  const report = await runFuzz(10_000, seed);
  expect(report.unexplained).toEqual([]);
  expect(report.requestsAgreed).toBeGreaterThan(3_000);
  expect(report.explained.size).toBeGreaterThan(15);
});

describe('what nothing excuses', () => {
  const input = 'POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nokGET /e HTTP/1.1\r\nHost: h\r\n\r\n';
  const read = (): Reading => readAsWeDo(Buffer.from(input, 'latin1'));
  const [first, second] = read().requests;

  it.each([
    ['a target', { ...read(), requests: [{ ...first!, target: '/f' }, second!] }],
    ['a body', { ...read(), requests: [{ ...first!, body: 'no' }, second!] }],
    ['fields', { ...read(), requests: [{ ...first!, fields: '' }, second!] }],
    ['whether a request goes on', { ...read(), requests: [{ ...first!, persistent: false }] }],
    ['a request that only one has seen', { ...read(), requests: [first!] }],
    ['a refusal', { requests: [first!], ending: 'HPE_INVALID_METHOD', position: 0 }],
  ])('is another reading of %s', (_name, theirs) => {
    const disagreement = compareReadings(read(), theirs);
    expect(disagreement).not.toBeNull();
    expect(explain(disagreement!, input)).toBeNull();
  });

  it('is not the same reading', () => {
    expect(compareReadings(read(), read())).toBeNull();
  });
});
