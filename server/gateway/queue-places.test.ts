import { describe, expect, it } from 'vitest';
import { PlaceKeeper } from './queue-places.ts';

const BLUE = { queue: 'iris/blue', limit: 3 };

describe('the places of a queue', () => {
  it('may all be taken by one worker, and never more of them by several', () => {
    const keeper = new PlaceKeeper();
    expect([1, 1, 1, 1].map((worker) => keeper.ask(worker, BLUE))).toEqual([true, true, true, false]);
    expect(keeper.ask(2, BLUE)).toBe(false);
    keeper.leave(1, BLUE.queue, 1);
    expect([keeper.ask(2, BLUE), keeper.ask(1, BLUE)]).toEqual([true, false]);
  });

  it('are each queue’s own', () => {
    const keeper = new PlaceKeeper();
    expect(keeper.ask(1, { ...BLUE, limit: 1 })).toBe(true);
    expect(keeper.ask(1, { queue: 'iris/green', limit: 1 })).toBe(true);
  });

  it('come back with a worker that dies', () => {
    const keeper = new PlaceKeeper();
    for (let i = 0; i < 3; i += 1) keeper.ask(1, BLUE);
    keeper.removeWorker(1);
    expect(keeper.ask(2, BLUE)).toBe(true);
  });
});
