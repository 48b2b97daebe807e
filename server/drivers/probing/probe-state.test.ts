import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProbeSpec } from '../runtime-driver.ts';
import { countResult, decideReadiness, FRESH_TRACK, readinessDelayMs, type Readiness } from './probe-state.ts';

const spec = (change: Partial<ProbeSpec> = {}): ProbeSpec => ({
  path: '/',
  initialDelaySeconds: 10,
  periodSeconds: 10,
  timeoutSeconds: 2,
  successThreshold: 1,
  failureThreshold: 3,
  ...change,
});

/** Readiness after each result, the probe being asked once a second. */
function play(settings: ProbeSpec, results: readonly boolean[]): Readiness[] {
  let track = FRESH_TRACK;
  let readiness: Readiness = 'probing';
  return results.map((ok, second) => {
    track = countResult(track, ok);
    readiness = decideReadiness(readiness, track, settings, second * 1000);
    return readiness;
  });
}

describe('readiness', () => {
  test('a success counts at once, also during the initial delay', () => {
    expect(play(spec(), [false, true])).toEqual(['probing', 'ready']);
  });

  test('as many successes in a row are needed as the threshold says', () => {
    expect(play(spec({ successThreshold: 2 }), [true, false, true, true])).toEqual([
      'probing',
      'probing',
      'probing',
      'ready',
    ]);
  });

  test('before the first success failures count by time: initial delay and period times threshold', () => {
    const quick = spec({ initialDelaySeconds: 1, periodSeconds: 1 });
    expect(play(quick, [false, false, false, false, false])).toEqual([
      'probing',
      'probing',
      'probing',
      'probing',
      'unready',
    ]);
  });

  test('once ready, as many failures in a row are needed as the threshold says', () => {
    expect(play(spec(), [true, false, false, true, false, false, false, true])).toEqual([
      'ready',
      'ready',
      'ready',
      'ready',
      'ready',
      'ready',
      'unready',
      'ready',
    ]);
  });

  test('no sequence of results leads back to probing', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (results) => {
        const states = play(spec({ initialDelaySeconds: 0, periodSeconds: 1 }), results);
        const left = states.findIndex((state) => state !== 'probing');
        expect(left >= 0 && states.slice(left).includes('probing')).toBe(false);
      }),
    );
  });
});

describe('the pause between probes', () => {
  test('is short until the first success, and the period afterwards', () => {
    expect(readinessDelayMs('probing', spec(), 0)).toBe(100);
    expect(readinessDelayMs('ready', spec(), 0)).toBe(10_000);
  });

  test('grows with a long start and never beyond the period', () => {
    expect(readinessDelayMs('probing', spec(), 60_000)).toBe(1_200);
    expect(readinessDelayMs('probing', spec(), 3_600_000)).toBe(10_000);
    expect(readinessDelayMs('probing', spec({ periodSeconds: 1 }), 3_600_000)).toBe(1_000);
  });
});
