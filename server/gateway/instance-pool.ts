import type { RouteDeployment, RouteInstance } from '#server/routing/route-table.ts';
import type { DeadlineSweeper } from './deadline-sweeper.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { Instance } from './instance.ts';
import { instanceKey } from './instance-key.ts';
import type { QueuePlaces } from './queue-places.ts';
import type { OpenHeader } from './upstream-target.ts';

/** A request that waits for a slot. */
export interface SlotWaiter {
  onSlot(instance: Instance): void;
  /** There is no instance to wait for any more. */
  onPoolEmpty(): void;
  /** Other workers have filled the queue. */
  onQueueFull(): void;
}

interface Waiting {
  readonly waiter: SlotWaiter;
  /** An instance that has just failed the request: any other one that works is better. */
  readonly avoid: Instance | null;
  waits: boolean;
  /** Its place in the shared queue, to be left once. */
  place: number | null;
}

/** Why no slot was given and none will be. */
export type PoolRefusal = 'no_instance' | 'queue_full';

/** Where a worker's slots come from. It sets `slots` of every attached instance, now and whenever the number changes. */
export interface SlotSource {
  attach(instance: Instance, pool: InstancePool): void;
  detach(instance: Instance): void;
  /** Requests wait in the pool. */
  onShort(pool: InstancePool): void;
  /** A request at the instance has ended. */
  onReleased(instance: Instance): void;
}

/** All slots of every instance, for a worker that is alone. */
export const ALL_SLOTS: SlotSource = {
  attach(instance) {
    instance.slots = instance.maxConcurrency;
  },
  detach: () => undefined,
  onShort: () => undefined,
  onReleased: () => undefined,
};

/** What a pool needs from the rest of the worker. */
export interface PoolEnvironment {
  readonly settings: GatewaySettings;
  readonly sweeper: DeadlineSweeper;
  readonly slots: SlotSource;
  onInternalError(error: unknown): void;
  /** Places in queues that are shared with other workers; null for a worker that is alone. */
  readonly places: QueuePlaces | null;
  readonly openHeader: OpenHeader;
}

const MIN_QUEUE = 8;
/** Weight of the newest service time in the running mean. */
const SERVICE_TIME_WEIGHT = 0.1;

/**
 * The instances of one deployment and the requests that wait for them. A request holds exactly one slot of exactly one instance from `acquire` (or
 * `onSlot`) to `release`; who waits is served first come, first served.
 */
export class InstancePool {
  readonly endpoint: string;
  readonly deployment: string;
  private readonly environment: PoolEnvironment;
  private instances: Instance[] = [];
  private readonly waiting: Waiting[] = [];
  private next = 0;
  private meanServiceMs = 0;
  private maxQueueWaitMs = 0;
  private coldSlots = 0;

  constructor(endpoint: string, deployment: string, environment: PoolEnvironment) {
    this.endpoint = endpoint;
    this.deployment = deployment;
    this.environment = environment;
  }

  get size(): number {
    return this.instances.length;
  }

  get queued(): number {
    return this.waiting.length;
  }

  /** No instance is ready, but some are on their way: requests wait for them. */
  get isCold(): boolean {
    return this.instances.length === 0 && this.coldSlots > 0;
  }

  get all(): readonly Instance[] {
    return this.instances;
  }

  /** Takes over the instances of a new table: known generations keep their connections, the others are made or retired. */
  reconfigure(route: RouteDeployment): void {
    this.maxQueueWaitMs = route.maxQueueWaitMs;
    this.coldSlots = route.coldSlots ?? 0;
    const known = new Map(this.instances.map((instance) => [instance.key, instance]));
    const joinsOthers = known.size > 0;
    this.instances = route.instances.flatMap((wanted) => {
      const instance = known.get(instanceKey(wanted)) ?? this.make(wanted, joinsOthers);
      if (instance === null) return [];
      known.delete(instance.key);
      instance.maxConcurrency = wanted.maxConcurrency;
      return [instance];
    });
    for (const instance of this.instances) this.environment.slots.attach(instance, this);
    for (const gone of known.values()) this.remove(gone);
    if (this.instances.length > 0) this.serveWaiting();
    else if (!this.isCold) this.releaseWaiting();
  }

  /** An external server whose fields cannot be opened gets no requests: without them it would be called as somebody else. */
  private make(route: RouteInstance, joinsOthers: boolean): Instance | null {
    try {
      const instance = new Instance(route, `${this.endpoint}/${this.deployment}`, this.environment);
      if (joinsOthers) instance.joinedAt = performance.now();
      return instance;
    } catch (error) {
      this.environment.onInternalError(error);
      return null;
    }
  }

  retire(): void {
    for (const instance of this.instances) this.remove(instance);
    this.instances = [];
    this.coldSlots = 0;
    this.releaseWaiting();
  }

  destroy(): void {
    for (const instance of this.instances) instance.destroy();
    this.retire();
  }

  /**
   * Gives the slot of the least busy instance, or puts the request into the queue.
   * @param avoid an instance that has just failed this request; taken only when there is no other
   * @returns null when the request waits: `onSlot`, `onPoolEmpty` or `onQueueFull` follows unless it leaves
   */
  acquire(waiter: SlotWaiter, avoid: Instance | null, now: number): Instance | PoolRefusal | null {
    if (this.instances.length === 0 && !this.isCold) return 'no_instance';
    // Who waits for another instance than the one that failed it is not overtaken: nobody else waits for less.
    if (this.waiting.every((entry) => entry.avoid !== null)) {
      const instance = this.choose(avoid, now);
      if (instance !== null) return this.take(instance, now);
    }
    if (this.waiting.length >= this.queueLimit() || this.waitsTooLong()) return 'queue_full';
    this.enqueue(waiter, avoid);
    this.environment.slots.onShort(this);
    return null;
  }

  leave(waiter: SlotWaiter): void {
    const index = this.waiting.findIndex((entry) => entry.waiter === waiter);
    const [entry] = index < 0 ? [] : this.waiting.splice(index, 1);
    if (entry !== undefined) this.onDequeued(entry);
  }

  /** Ends the hold on a slot. `serviceMs` is how long the model had the request, null when it gave no answer. */
  release(instance: Instance, serviceMs: number | null): void {
    instance.inFlight -= 1;
    if (serviceMs !== null) {
      this.meanServiceMs += (serviceMs - this.meanServiceMs) * (this.meanServiceMs === 0 ? 1 : SERVICE_TIME_WEIGHT);
    }
    this.environment.slots.onReleased(instance);
    if (this.waiting.length > 0) this.serveWaiting();
  }

  /** Hands free slots to who has waited longest; called when slots may have become free. */
  serveWaiting(): void {
    const now = performance.now();
    for (let next = 0; next < this.waiting.length;) {
      const entry = this.waiting[next] as Waiting;
      const instance = this.choose(entry.avoid, now);
      if (instance === null && entry.avoid === null) return;
      if (instance === null) {
        next += 1;
        continue;
      }
      this.waiting.splice(next, 1);
      this.onDequeued(entry);
      entry.waiter.onSlot(this.take(instance, now));
    }
  }

  private remove(instance: Instance): void {
    this.environment.slots.detach(instance);
    instance.retire();
  }

  private take(instance: Instance, now: number): Instance {
    instance.inFlight += 1;
    instance.health.onChosen(now);
    return instance;
  }

  /**
   * Least in flight among the instances that have a slot, are not ejected and do not leave this turn to others (see `Instance.takesTurn`). When more
   * than half are ejected the fault is hardly theirs: then ejection is ignored.
   */
  private choose(avoid: Instance | null, now: number): Instance | null {
    const { instances } = this;
    if (instances.length === 1) {
      const only = instances[0] as Instance;
      return only.hasSlot ? only : null;
    }
    const panic = countEjected(instances) * 2 > instances.length;
    let best: Instance | null = null;
    let starting: Instance | null = null;
    this.next = (this.next + 1) % instances.length;
    for (let i = 0; i < instances.length; i += 1) {
      const instance = instances[(this.next + i) % instances.length] as Instance;
      if (!instance.hasSlot || instance === avoid) continue;
      if (!panic && !instance.health.isAvailable(now)) continue;
      if (!instance.takesTurn(now)) starting ??= instance;
      else if (best === null || instance.inFlight < best.inFlight) best = instance;
    }
    const chosen = best ?? starting;
    if (chosen !== null || avoid === null || !avoid.hasSlot) return chosen;
    const hasOther = instances.some((one) => one !== avoid && (panic || one.health.isAvailable(now)));
    return hasOther ? null : avoid;
  }

  private slots(): number {
    return this.instances.reduce((sum, instance) => sum + instance.slots, 0);
  }

  /** Requests that may wait, those in other workers included: twice the slots of the deployment, at least 8. */
  private queueLimit(): number {
    const slots = this.instances.reduce((sum, instance) => sum + instance.maxConcurrency, this.coldSlots);
    return Math.max(MIN_QUEUE, 2 * slots);
  }

  /** Lets a request wait. Where the queue is shared, it waits while its place is asked for, and may get a slot before the answer. */
  private enqueue(waiter: SlotWaiter, avoid: Instance | null): void {
    const entry: Waiting = { waiter, avoid, waits: true, place: null };
    this.waiting.push(entry);
    const { places } = this.environment;
    if (places === null) return;
    entry.place = places.ask(this.queueName, this.queueLimit(), (granted) => this.onPlaceAnswer(entry, granted));
  }

  private onPlaceAnswer(entry: Waiting, granted: boolean): void {
    if (granted || !entry.waits) return;
    this.waiting.splice(this.waiting.indexOf(entry), 1);
    this.onDequeued(entry);
    entry.waiter.onQueueFull();
  }

  private onDequeued(entry: Waiting): void {
    entry.waits = false;
    if (entry.place !== null) this.environment.places?.leave(entry.place);
  }

  private get queueName(): string {
    return `${this.endpoint}/${this.deployment}`;
  }

  /** How long a start takes is not known from how long answers take. */
  private waitsTooLong(): boolean {
    if (this.isCold) return false;
    return (this.meanServiceMs * (this.waiting.length + 1)) / Math.max(1, this.slots()) > this.maxQueueWaitMs;
  }

  private releaseWaiting(): void {
    for (const entry of this.waiting.splice(0)) {
      this.onDequeued(entry);
      entry.waiter.onPoolEmpty();
    }
  }
}

function countEjected(instances: readonly Instance[]): number {
  let count = 0;
  for (const instance of instances) if (instance.health.isEjected) count += 1;
  return count;
}
