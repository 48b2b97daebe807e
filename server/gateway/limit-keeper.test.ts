import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EndpointLimits, LimitKeeper } from './limit-keeper.ts';

const endpoint = (limits: Partial<EndpointLimits>) => ({
  name: 'iris',
  limits: { requestsPerSecond: null, concurrency: null, ...limits },
});

function keeperOf(limits: Parameters<typeof endpoint>[0]): LimitKeeper {
  const keeper = new LimitKeeper();
  keeper.configure([endpoint(limits)], 0);
  return keeper;
}

describe('limits', () => {
  it('admit a second’s worth at once and then one at a time', () => {
    const keeper = keeperOf({ requestsPerSecond: 2 });
    const kinds = [0, 0, 0, 499, 501].map((now) => keeper.ask('iris', now).kind);
    expect(kinds).toEqual(['admitted', 'admitted', 'rate_limited', 'rate_limited', 'admitted']);
  });

  it('count requests until they end', () => {
    const keeper = keeperOf({ concurrency: 1 });
    expect(keeper.ask('iris', 0).kind).toBe('admitted');
    expect(keeper.ask('iris', 0).kind).toBe('concurrency_limited');
    keeper.end('iris');
    expect(keeper.ask('iris', 0).kind).toBe('admitted');
  });

  it('of a key hold for each key by itself, and that of the endpoint for all of them', () => {
    const keeper = keeperOf({ concurrency: 3, perKey: { requestsPerSecond: null, concurrency: 2 } });
    const ask = (caller: string) => keeper.ask(`iris ${caller}`, 0);
    expect([ask('primary').kind, ask('primary').kind]).toEqual(['admitted', 'admitted']);
    expect(ask('primary')).toEqual({ kind: 'concurrency_limited', scope: 'key' });
    expect(ask('secondary').kind).toBe('admitted');
    expect(ask('secondary')).toEqual({ kind: 'concurrency_limited', scope: 'endpoint' });
    keeper.end('iris primary');
    expect(ask('secondary').kind).toBe('admitted');
  });

  it('let a burst through and count nothing for what they refuse', () => {
    const perKey = { requestsPerSecond: 1, burst: 3, concurrency: null };
    const keeper = keeperOf({ requestsPerSecond: 100, burst: 4, perKey });
    const ask = (caller: string, now: number) => keeper.ask(`iris ${caller}`, now).kind;
    expect([0, 0, 0, 0, 0].map((now) => ask('primary', now))).toEqual([
      ...Array(3).fill('admitted'),
      ...Array(2).fill('rate_limited'),
    ]);
    // Of the endpoint's burst one is left: the two that were refused took nothing of it.
    expect([ask('secondary', 0), ask('secondary', 0)]).toEqual(['admitted', 'rate_limited']);
    expect(ask('primary', 1_001)).toBe('admitted');
  });

  it('never admit more than they say, in whatever order callers come and go', () => {
    const step = fc.record({ caller: fc.constantFrom('primary', 'secondary'), ends: fc.boolean() });
    const limits = fc.record({ all: fc.integer({ min: 1, max: 4 }), each: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(limits, fc.array(step), ({ all, each }, steps) => {
        const keeper = keeperOf({ concurrency: all, perKey: { requestsPerSecond: null, concurrency: each } });
        const running = { primary: 0, secondary: 0 };
        for (const { caller, ends } of steps) {
          const name = caller as keyof typeof running;
          if (ends && running[name] > 0) {
            keeper.end(`iris ${name}`);
            running[name] -= 1;
          } else if (!ends) {
            const admitted = keeper.ask(`iris ${name}`, 0).kind === 'admitted';
            expect(admitted).toBe(running[name] < each && running.primary + running.secondary < all);
            if (admitted) running[name] += 1;
          }
        }
      }),
    );
  });

  it('keep their counts when the table changes elsewhere, and drop them with the limit', () => {
    const keeper = keeperOf({ concurrency: 1, requestsPerSecond: 1 });
    keeper.ask('iris', 0);
    keeper.configure([endpoint({ concurrency: 2, requestsPerSecond: 1 })], 10);
    expect(keeper.ask('iris', 10).kind).toBe('rate_limited');
    keeper.configure([endpoint({ concurrency: 2, requestsPerSecond: 100 })], 20);
    expect([keeper.ask('iris', 20).kind, keeper.ask('iris', 20).kind]).toEqual(['admitted', 'concurrency_limited']);
    keeper.configure([], 30);
    expect(keeper.ask('iris', 30).kind).toBe('admitted');
  });
});
