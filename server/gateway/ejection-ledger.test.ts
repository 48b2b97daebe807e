import { describe, expect, it } from 'vitest';
import { EjectionLedger } from './ejection-ledger.ts';

const out = (instance: string, untilMs: number) => ({ instance, ejection: { reason: 'connect_failed', untilMs } });

describe('the ledger of ejections', () => {
  it('counts the workers in which an instance is out and tells the longest of its ejections', () => {
    const ledger = new EjectionLedger();
    ledger.report(1, out('a', 20));
    ledger.report(2, out('a', 30));
    ledger.report(3, out('a', 10));
    expect(ledger.snapshot()).toEqual([{ instance: 'a', reason: 'connect_failed', untilMs: 30, workers: 3 }]);
  });

  it('forgets an instance that is back, a worker that is gone, and what is not served any more', () => {
    const ledger = new EjectionLedger();
    for (const worker of [1, 2]) for (const instance of ['a', 'b', 'c']) ledger.report(worker, out(instance, 10));
    ledger.removeWorker(2);
    ledger.report(1, { instance: 'a', ejection: null });
    ledger.keep(new Set(['a', 'b']));
    expect(ledger.snapshot()).toEqual([{ instance: 'b', reason: 'connect_failed', untilMs: 10, workers: 1 }]);
  });
});
