import { describe, expect, it } from 'vitest';
import { LimitKeeper } from './limit-keeper.ts';

const endpoint = (limits: { requestsPerSecond?: number; concurrency?: number }) => ({
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
