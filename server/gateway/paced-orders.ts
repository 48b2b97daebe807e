import type { SlotOrder } from './slot-ledger.ts';

/** Orders in one message: a worker takes them in within a millisecond. */
const MOST_AT_ONCE = 500;

/**
 * Sends orders to workers in the order in which they were given, but not many thousands at once, as a table with many new instances makes them: a worker
 * would take them all in before it answers another request.
 */
export class PacedOrders {
  private waiting: SlotOrder[] = [];
  private readonly send: (worker: number, orders: SlotOrder[]) => void;

  constructor(send: (worker: number, orders: SlotOrder[]) => void) {
    this.send = send;
  }

  add(orders: readonly SlotOrder[]): void {
    const isIdle = this.waiting.length === 0;
    for (const order of orders) this.waiting.push(order);
    if (isIdle) this.sendSome();
  }

  private sendSome(): void {
    const some = this.waiting.slice(0, MOST_AT_ONCE);
    for (const [worker, own] of Map.groupBy(some, (order) => order.worker)) this.send(worker, own);
    // What was sent stays in front until the next turn, so that nothing overtakes what waits behind it.
    if (some.length === this.waiting.length) this.waiting = [];
    else setImmediate(() => this.sendRest(some.length));
  }

  private sendRest(sent: number): void {
    this.waiting = this.waiting.slice(sent);
    this.sendSome();
  }
}
