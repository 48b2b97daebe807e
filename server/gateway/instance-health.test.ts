import { describe, expect, it } from 'vitest';
import { InstanceHealth } from './instance-health.ts';

function fail(health: InstanceHealth, times: number, at: number): boolean[] {
  return Array.from({ length: times }, () => health.onFailure(at));
}

describe('the health of an instance', () => {
  it('puts it out at the fifth failure in a row', () => {
    const health = new InstanceHealth();
    expect(fail(health, 5, 1_000)).toEqual([false, false, false, false, true]);
    expect(health.isAvailable(1_000)).toBe(false);
    expect(health.isAvailable(11_000)).toBe(true);
  });

  it('forgets failures after a success or after ten seconds', () => {
    const health = new InstanceHealth();
    fail(health, 4, 0);
    health.onSuccess();
    expect(fail(health, 4, 1)).not.toContain(true);
    expect(health.onFailure(10_002)).toBe(false);
  });

  it('lets one request try when the time is over: its failure doubles the time, its success ends it', () => {
    const health = new InstanceHealth();
    fail(health, 5, 0);
    health.onChosen(10_000);
    expect(health.isAvailable(10_000)).toBe(false);
    expect(health.onFailure(10_000)).toBe(true);
    expect(health.isAvailable(29_999)).toBe(false);
    expect(health.isAvailable(30_000)).toBe(true);
    health.onChosen(30_000);
    health.onSuccess();
    expect(health.isEjected).toBe(false);
    expect(health.isAvailable(30_000)).toBe(true);
  });

  it('lets another request try when the first one said nothing', () => {
    const health = new InstanceHealth();
    fail(health, 5, 0);
    health.onChosen(10_000);
    health.onNeutral();
    expect(health.isAvailable(10_000)).toBe(true);
  });

  it('is not judged by what comes of requests before its time is over', () => {
    const health = new InstanceHealth();
    fail(health, 5, 0);
    for (let i = 0; i < 20; i += 1) {
      health.onChosen(1_000);
      expect(health.onFailure(1_000)).toBe(false);
    }
    expect(health.ejectedUntil).toBe(10_000);
  });

  it('never keeps it out for more than five minutes', () => {
    const health = new InstanceHealth();
    let now = 0;
    for (let i = 0; i < 100; i += 1) {
      fail(health, 5, now);
      expect(health.ejectedUntil - now).toBeLessThanOrEqual(300_000);
      now = health.ejectedUntil;
      health.onChosen(now);
    }
  });
});
