import type { Instance } from './instance.ts';
import type { InstancePool, SlotSource } from './instance-pool.ts';
import type { SlotOrder } from './slot-ledger.ts';

interface Holding {
  held: number;
  /** Slots given back since the beginning, and how many of them must and may be (see `SlotOrder`). */
  returned: number;
  must: number;
  may: number;
  wanted: number;
  instance: Instance | null;
  pool: InstancePool | null;
}

export interface SlotMessages {
  want(key: string, count: number): void;
  giveBack(key: string, count: number): void;
}

/** One worker's side of the slot ledger, where several workers share the slots of each instance: what it holds, has asked for, and owes. */
export class LeasedSlots implements SlotSource {
  private readonly holdings = new Map<string, Holding>();
  private readonly messages: SlotMessages;

  constructor(messages: SlotMessages) {
    this.messages = messages;
  }

  /** Instances whose slots are known of. */
  get size(): number {
    return this.holdings.size;
  }

  attach(instance: Instance, pool: InstancePool): void {
    const holding = this.holding(instance.key);
    holding.instance = instance;
    holding.pool = pool;
    instance.slots = usable(holding);
  }

  detach(instance: Instance): void {
    this.holdings.delete(instance.key);
  }

  /** Asks for slots for the requests that wait, unless that is asked for already. */
  onShort(pool: InstancePool): void {
    for (const instance of pool.all) {
      const holding = this.holding(instance.key);
      const count = Math.min(pool.queued, instance.maxConcurrency - usable(holding));
      if (count <= holding.wanted) continue;
      holding.wanted = count;
      this.messages.want(instance.key, count);
    }
  }

  onReleased(instance: Instance): void {
    const holding = this.holdings.get(instance.key);
    if (holding?.instance === instance) this.settle(instance.key, holding);
  }

  /** Takes an order from the primary. It may come before the table that it belongs to is installed. */
  apply(order: SlotOrder): void {
    if (order.kind === 'forget') return this.forget(order.key);
    const holding = this.holding(order.key);
    if (order.kind === 'grant') {
      holding.held += order.count;
      holding.wanted = Math.max(0, holding.wanted - order.count);
    } else {
      holding.must = order.must;
      holding.may = order.may;
    }
    this.settle(order.key, holding);
    if (holding.instance !== null) holding.instance.slots = usable(holding);
    holding.pool?.serveWaiting();
  }

  /** An instance that is still served is detached with its pool. */
  private forget(key: string): void {
    if (this.holdings.get(key)?.instance === null) this.holdings.delete(key);
  }

  private settle(key: string, holding: Holding): void {
    const target = (holding.pool?.queued ?? 0) > 0 ? holding.must : Math.max(holding.must, holding.may);
    const count = Math.min(holding.held - (holding.instance?.inFlight ?? 0), target - holding.returned);
    if (count <= 0) return;
    holding.held -= count;
    holding.returned += count;
    if (holding.instance !== null) holding.instance.slots = usable(holding);
    this.messages.giveBack(key, count);
    // What was handed over had been granted to a wish that is not fulfilled yet.
    if (holding.pool !== null && holding.pool.queued > 0) this.onShort(holding.pool);
  }

  private holding(key: string): Holding {
    let holding = this.holdings.get(key);
    if (holding === undefined) {
      holding = { held: 0, returned: 0, must: 0, may: 0, wanted: 0, instance: null, pool: null };
      this.holdings.set(key, holding);
    }
    return holding;
  }
}

/** Slots that are held and not owed. */
function usable({ held, must, returned }: Holding): number {
  return held - Math.max(0, must - returned);
}
