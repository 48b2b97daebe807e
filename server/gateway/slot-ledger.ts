/** Something to tell a worker about its slots. */
export type SlotOrder =
  | { worker: number; kind: 'grant'; key: string; count: number }
  /**
   * Give back slots: the first `must` even if requests wait for them, up to `may` if none does. Both count from the beginning, all that the worker has
   * ever given back included, so that an order which crosses with a return asks for nothing twice. Replaces the order before.
   */
  | { worker: number; kind: 'recall'; key: string; must: number; may: number }
  /** The instance is in the table no more. */
  | { worker: number; kind: 'forget'; key: string };

/** A counted resource: the slots of one instance. */
interface Resource {
  total: number;
  held: Map<number, number>;
  /** Slots that workers wait for. */
  wanted: Map<number, number>;
  /** Slots that workers have given back since they began. */
  returned: Map<number, number>;
  /** Slots that workers have been told to give back since they began, come what may. */
  due: Map<number, number>;
}

/**
 * Who of the workers may use how many slots of which instance. The slots of a resource that are held by workers or free always add up to its total, so
 * that an instance never gets more requests than it was said to take, whatever the workers do and whichever of them die.
 *
 * Every worker starts with an equal part. One that needs more gets what is free, then what others do not use; beyond that the
 * ones above their equal part hand over slots as requests end, so that two busy workers share and an instance with a single slot goes round.
 */
export class SlotLedger {
  private readonly resources = new Map<string, Resource>();
  private readonly workers = new Set<number>();

  /** Takes over the resources of a new table. */
  setTotals(totals: ReadonlyMap<string, number>): SlotOrder[] {
    const orders: SlotOrder[] = [];
    for (const key of this.resources.keys()) {
      if (totals.has(key)) continue;
      this.resources.delete(key);
      for (const worker of this.workers) orders.push({ worker, kind: 'forget', key });
    }
    for (const [key, total] of totals) {
      const resource = this.resources.get(key);
      if (resource === undefined) {
        this.resources.set(key, newResource(total));
        orders.push(...this.shareOut(key));
      } else if (resource.total !== total) {
        resource.total = total;
        orders.push(...this.settle(key, resource));
      }
    }
    return orders;
  }

  addWorker(worker: number): SlotOrder[] {
    this.workers.add(worker);
    return [...this.resources].flatMap(([key, resource]) => {
      const part = Math.min(this.free(resource), this.equalPart(resource));
      return this.grant(key, resource, worker, part);
    });
  }

  /** A worker is gone and its requests with it. */
  removeWorker(worker: number): SlotOrder[] {
    this.workers.delete(worker);
    return [...this.resources].flatMap(([key, resource]) => {
      for (const counts of [resource.held, resource.wanted, resource.returned, resource.due]) counts.delete(worker);
      return this.settle(key, resource);
    });
  }

  /** A worker has requests waiting for `count` more slots; 0 takes an earlier wish back. */
  want(worker: number, key: string, count: number): SlotOrder[] {
    const resource = this.resources.get(key);
    if (resource === undefined || !this.workers.has(worker)) return [];
    if (count === 0) resource.wanted.delete(worker);
    else resource.wanted.set(worker, count);
    return this.settle(key, resource);
  }

  giveBack(worker: number, key: string, count: number): SlotOrder[] {
    const resource = this.resources.get(key);
    if (resource === undefined) return [];
    add(resource.held, worker, -count);
    add(resource.returned, worker, count);
    return this.settle(key, resource);
  }

  heldBy(worker: number, key: string): number {
    return this.resources.get(key)?.held.get(worker) ?? 0;
  }

  private free(resource: Resource): number {
    return resource.total - sum(resource.held);
  }

  private equalPart(resource: Resource): number {
    return this.workers.size === 0 ? resource.total : Math.floor(resource.total / this.workers.size);
  }

  private grant(key: string, resource: Resource, worker: number, count: number): SlotOrder[] {
    if (count <= 0) return [];
    add(resource.held, worker, count);
    return [{ worker, kind: 'grant', key, count }];
  }

  /** Equal parts, the remainder one each. */
  private shareOut(key: string): SlotOrder[] {
    const resource = this.resources.get(key) as Resource;
    const part = this.equalPart(resource);
    let remainder = resource.total - part * this.workers.size;
    const orders: SlotOrder[] = [];
    for (const worker of this.workers) {
      orders.push(...this.grant(key, resource, worker, part + (remainder > 0 ? 1 : 0)));
      remainder -= 1;
    }
    return orders;
  }

  /** Serves wishes from what is free, who holds least first, and asks back what is needed for the rest. */
  private settle(key: string, resource: Resource): SlotOrder[] {
    const orders: SlotOrder[] = [];
    const byNeed = [...resource.wanted].toSorted(([a], [b]) => held(resource, a) - held(resource, b));
    for (const [worker, count] of byNeed) {
      const given = Math.min(count, this.free(resource));
      if (given <= 0) break;
      orders.push(...this.grant(key, resource, worker, given));
      add(resource.wanted, worker, -given);
    }
    return [...orders, ...this.recall(key, resource)];
  }

  private recall(key: string, resource: Resource): SlotOrder[] {
    // A total that has shrunk leaves a debt of its own: more is held than there is.
    const overdrawn = Math.max(0, -this.free(resource));
    const wanted = sum(resource.wanted);
    if (wanted + overdrawn === 0) return [];
    const part = overdrawn > 0 ? 0 : this.equalPart(resource);
    const owedByAll = [...resource.held.keys()].reduce((sum, worker) => sum + owed(resource, worker), 0);
    let missing = Math.max(overdrawn, this.starved(resource, part)) - owedByAll;
    const orders: SlotOrder[] = [];
    for (const [worker, count] of [...resource.held].toSorted(([, a], [, b]) => b - a)) {
      const before = owed(resource, worker);
      const more = Math.max(0, Math.min(missing, count - before - part));
      missing -= more;
      const spare = resource.wanted.has(worker) ? 0 : Math.min(wanted, count);
      if (more === 0 && spare === 0) continue;
      const returned = resource.returned.get(worker) ?? 0;
      resource.due.set(worker, returned + before + more);
      orders.push({
        worker,
        kind: 'recall',
        key,
        must: returned + before + more,
        may: returned + Math.max(spare, before + more),
      });
    }
    return orders;
  }

  /** Slots that workers below their equal part wait for; where there are fewer slots than workers, a part is one. */
  private starved(resource: Resource, part: number): number {
    let starved = 0;
    for (const [worker, count] of resource.wanted) {
      starved += Math.max(0, Math.min(count, Math.max(1, part) - held(resource, worker)));
    }
    return starved;
  }
}

function newResource(total: number): Resource {
  return { total, held: new Map(), wanted: new Map(), returned: new Map(), due: new Map() };
}

/** Slots that a worker still has to give back. */
function owed(resource: Resource, worker: number): number {
  return Math.max(0, (resource.due.get(worker) ?? 0) - (resource.returned.get(worker) ?? 0));
}

function held(resource: Resource, worker: number): number {
  return resource.held.get(worker) ?? 0;
}

function add(map: Map<number, number>, key: number, by: number): void {
  const value = (map.get(key) ?? 0) + by;
  if (value <= 0) map.delete(key);
  else map.set(key, value);
}

function sum(map: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const value of map.values()) total += value;
  return total;
}
