import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeasedSlots } from './leased-slots.ts';
import { type SlotOrder, SlotLedger } from './slot-ledger.ts';
import { DeadlineSweeper } from './deadline-sweeper.ts';
import { DEFAULT_SETTINGS } from './gateway-settings.ts';
import { Instance } from './instance.ts';
import { InstancePool, type SlotWaiter } from './instance-pool.ts';
import { deployment } from './testing/start-gateway.ts';

const KEY = 'blue-0#1';
const NOW = 0;

/** Workers and their primary, with messages that arrive when the test says so. */
class Cluster {
  readonly ledger = new SlotLedger();
  readonly workers = new Map<number, SimulatedWorker>();
  readonly mail: (() => void)[] = [];
  readonly total: number;

  constructor(total: number, workers: number) {
    this.total = total;
    for (let id = 1; id <= workers; id += 1) this.add(id);
    this.post(this.ledger.setTotals(new Map([[KEY, total]])));
  }

  add(id: number): void {
    this.workers.set(id, new SimulatedWorker(id, this));
    this.post(this.ledger.addWorker(id));
  }

  kill(id: number): void {
    this.workers.delete(id);
    this.post(this.ledger.removeWorker(id));
  }

  post(orders: readonly SlotOrder[]): void {
    for (const order of orders) {
      const addressee = this.workers.get(order.worker);
      // What is on its way to a worker dies with it; a new one never gets another's mail.
      this.mail.push(() => {
        if (this.workers.get(order.worker) === addressee) addressee?.slots.apply(order);
      });
    }
  }

  deliverAll(): void {
    for (let next = this.mail.shift(); next !== undefined; next = this.mail.shift()) {
      next();
      this.check();
    }
  }

  get inFlight(): number {
    return [...this.workers.values()].reduce((sum, worker) => sum + worker.running.length, 0);
  }

  get waiting(): number {
    return [...this.workers.values()].reduce((sum, worker) => sum + worker.pool.queued, 0);
  }

  check(): void {
    expect(this.inFlight).toBeLessThanOrEqual(this.total);
  }
}

class SimulatedWorker {
  readonly slots: LeasedSlots;
  readonly pool: InstancePool;
  readonly running: Instance[] = [];

  constructor(id: number, cluster: Cluster) {
    const tell = (say: () => SlotOrder[]): void => {
      cluster.mail.push(() => {
        if (cluster.workers.get(id) === this) cluster.post(say());
      });
    };
    this.slots = new LeasedSlots({
      want: (key, count) => tell(() => cluster.ledger.want(id, key, count)),
      giveBack: (key, count) => tell(() => cluster.ledger.giveBack(id, key, count)),
    });
    this.pool = new InstancePool('iris', 'blue', {
      settings: DEFAULT_SETTINGS,
      sweeper: new DeadlineSweeper(1_000, () => undefined),
      onInternalError: () => undefined,
      slots: this.slots,
      places: null,
      openHeader: () => '',
    });
    const route = deployment('blue', [1], { maxQueueWaitMs: 1_000_000 });
    route.instances = route.instances.map((instance) => ({ ...instance, maxConcurrency: cluster.total }));
    this.pool.reconfigure(route);
  }

  request(): void {
    const waiter: SlotWaiter = {
      onSlot: (instance) => void this.running.push(instance),
      onPoolEmpty: () => undefined,
      onQueueFull: () => undefined,
    };
    const slot = this.pool.acquire(waiter, null, NOW);
    if (slot instanceof Instance) this.running.push(slot);
  }

  finish(): void {
    const instance = this.running.shift();
    if (instance !== undefined) this.pool.release(instance, null);
  }
}

const worker = (cluster: Cluster, id: number): SimulatedWorker => cluster.workers.get(id) as SimulatedWorker;

describe('slots shared by workers', () => {
  it('are equal parts at first', () => {
    const cluster = new Cluster(10, 4);
    cluster.deliverAll();
    expect([1, 2, 3, 4].map((id) => cluster.ledger.heldBy(id, KEY))).toEqual([3, 3, 2, 2]);
  });

  it('go to the worker that needs them while the others do not', () => {
    const cluster = new Cluster(10, 2);
    cluster.deliverAll();
    for (let i = 0; i < 12; i += 1) worker(cluster, 1).request();
    cluster.deliverAll();
    expect([cluster.inFlight, cluster.waiting]).toEqual([10, 2]);
  });

  it('come back to a worker that needs its part', () => {
    const cluster = new Cluster(10, 2);
    for (let i = 0; i < 20; i += 1) worker(cluster, 1).request();
    cluster.deliverAll();
    for (let i = 0; i < 5; i += 1) worker(cluster, 2).request();
    cluster.deliverAll();
    expect(worker(cluster, 2).running).toHaveLength(0);
    for (let i = 0; i < 5; i += 1) {
      worker(cluster, 1).finish();
      cluster.deliverAll();
    }
    expect([worker(cluster, 1).running.length, worker(cluster, 2).running.length]).toEqual([5, 5]);
  });

  it('go round when there are fewer than workers', () => {
    const cluster = new Cluster(1, 3);
    cluster.deliverAll();
    for (const id of [1, 2, 3]) for (let i = 0; i < 4; i += 1) worker(cluster, id).request();
    const served = new Map<number, number>();
    for (let i = 0; i < 12; i += 1) {
      cluster.deliverAll();
      expect(cluster.inFlight).toBe(1);
      const [id, busy] = [...cluster.workers].find(([, one]) => one.running.length === 1) as [number, SimulatedWorker];
      served.set(id, (served.get(id) ?? 0) + 1);
      busy.finish();
    }
    expect([...served.values()]).toEqual([4, 4, 4]);
  });

  it('of a worker that died are free again', () => {
    const cluster = new Cluster(4, 2);
    for (let i = 0; i < 6; i += 1) worker(cluster, 1).request();
    cluster.deliverAll();
    cluster.kill(1);
    for (let i = 0; i < 4; i += 1) worker(cluster, 2).request();
    cluster.deliverAll();
    expect(worker(cluster, 2).running).toHaveLength(4);
    cluster.add(3);
    worker(cluster, 3).request();
    worker(cluster, 2).finish();
    cluster.deliverAll();
    expect(worker(cluster, 3).running).toHaveLength(1);
  });

  it('are given up when the total shrinks', () => {
    const ledger = new SlotLedger();
    ledger.addWorker(1);
    ledger.setTotals(new Map([[KEY, 10]]));
    const orders = ledger.setTotals(new Map([[KEY, 4]]));
    expect(orders).toEqual([{ worker: 1, kind: 'recall', key: KEY, must: 6, may: 6 }]);
    expect(ledger.giveBack(1, KEY, 6)).toEqual([]);
    expect(ledger.heldBy(1, KEY)).toBe(4);
  });

  it('of an instance that is gone are forgotten by workers that never called it', () => {
    const ledger = new SlotLedger();
    const slots = new LeasedSlots({ want: () => undefined, giveBack: () => undefined });
    ledger.addWorker(1);
    for (const order of ledger.setTotals(new Map([[KEY, 10]]))) slots.apply(order);
    expect(slots.size).toBe(1);
    for (const order of ledger.setTotals(new Map())) slots.apply(order);
    expect(slots.size).toBe(0);
  });

  it('are never exceeded, and nobody waits for ever, whatever happens in whatever order', () => {
    const step = fc.record({
      kind: fc.constantFrom('request', 'request', 'finish', 'deliver', 'deliver', 'kill'),
      worker: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(step, { maxLength: 80 }), (total, steps) => {
        const cluster = new Cluster(total, 3);
        for (const { kind, worker: id } of steps) {
          if (kind === 'request') worker(cluster, id).request();
          else if (kind === 'finish') worker(cluster, id).finish();
          else if (kind === 'deliver') cluster.mail.shift()?.();
          else {
            cluster.kill(id);
            cluster.add(id);
          }
          cluster.check();
        }
        for (let i = 0; i < 1_000 && cluster.waiting + cluster.inFlight > 0; i += 1) {
          cluster.deliverAll();
          for (const one of cluster.workers.values()) one.finish();
        }
        cluster.deliverAll();
        expect([cluster.waiting, cluster.inFlight]).toEqual([0, 0]);
      }),
      { numRuns: 1_000 },
    );
  });
});
