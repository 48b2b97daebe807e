import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { ToControlPlane, ToGateway } from '#server/routing/gateway-link.ts';
import type { RouteTable } from '#server/routing/route-table.ts';
import { type ControlPlaneLink, listenForControlPlane } from './control-plane-link.ts';
import { instanceKey } from './instance.ts';
import { limitedEndpoints } from './limit-gate.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { PlaceKeeper } from './queue-places.ts';
import { loadRouteTable, RouteTableWriter } from './route-table-file.ts';
import { SlotLedger, type SlotOrder } from './slot-ledger.ts';
import { type FleetWorker, WorkerFleet } from './worker-fleet.ts';
import type { ToPrimary } from './worker-messages.ts';

export interface PrimaryOptions {
  host: string;
  port: number;
  workers: number;
  domain: string | null;
  dataDir: DataDir;
  /** Opens what is sealed in the route table, in hex. */
  upstreamKey: string;
  logger: Logger;
  /** Every worker listens. Called once. */
  onReady(port: number): void;
  onWorkerPids(pids: number[]): void;
  /** The address cannot be listened on. */
  onListenFailed(message: string): void;
}

export interface GatewayPrimary {
  /** Replaces the workers one after the other. */
  replaceWorkers(): Promise<void>;
  /** Drains everything. */
  stop(): Promise<void>;
}

/**
 * Runs the gateway's first process: it holds the route table, the workers and the counts they share, and takes no part in any prediction.
 * Workers accept from one shared socket by themselves (SCHED_NONE), so one that dies takes only its own connections with it.
 */
export async function runGatewayPrimary(options: PrimaryOptions): Promise<GatewayPrimary> {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const primary = new Primary(options);
  await primary.start();
  return {
    replaceWorkers: () => primary.fleet.replaceAll(),
    stop: () => primary.stop(),
  };
}

class Primary {
  readonly fleet: WorkerFleet;
  private readonly options: PrimaryOptions;
  private readonly writer: RouteTableWriter;
  private readonly ledger = new SlotLedger();
  private readonly limits = new LimitKeeper();
  private readonly places = new PlaceKeeper();
  private readonly admittedBy = new Map<number, Map<string, number>>();
  private readonly hopId = randomUUID();
  private link: ControlPlaneLink | null = null;
  private table: RouteTable | null = null;
  /** Newest revision that is on disk: what a restart would serve. */
  private persisted = 0;
  private port: number;
  private ready = false;
  private readonly dumps = new Map<string, PendingDump>();

  constructor(options: PrimaryOptions) {
    this.options = options;
    this.port = options.port;
    this.writer = new RouteTableWriter(options.dataDir.routeTable);
    this.fleet = new WorkerFleet(
      options.workers,
      {
        onForked: (worker) => this.onForked(worker),
        onMessage: (worker, message) => this.onWorkerMessage(worker, message),
        onGone: (worker) => this.onWorkerGone(worker),
        onChanged: () => this.onFleetChanged(),
      },
      options.logger,
    );
  }

  async start(): Promise<void> {
    this.port = await this.fixPort();
    this.table = this.loadTable();
    this.persisted = this.table?.revision ?? 0;
    if (this.table !== null) this.configureCounts(this.table);
    this.link = await listenForControlPlane(this.options.dataDir.gatewaySocket, {
      onConnect: (send) => send(this.workersFrame()),
      onFrame: (frame, send) => this.onFrame(frame, send),
      onBadFrame: (reason, revision, send) => {
        this.options.logger.error({ revision, reason }, 'refused a frame of the control plane');
        send({ type: 'refused', revision, reason });
      },
    });
    this.fleet.start();
  }

  /**
   * Turns 0 into a number before any worker asks for it: workers share one socket as long as they name the same port, and it must be the same
   * after all of them have died.
   */
  private async fixPort(): Promise<number> {
    const { host, port } = this.options;
    if (port !== 0) return port;
    const probe = createServer().listen({ host, port, exclusive: true });
    await once(probe, 'listening');
    const address = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    return address.port;
  }

  async stop(): Promise<void> {
    await this.fleet.stop();
    await this.link?.close();
  }

  /** A damaged file must not keep the gateway down: the control plane sends the table again. */
  private loadTable(): RouteTable | null {
    try {
      return loadRouteTable(this.options.dataDir.routeTable);
    } catch (error) {
      this.options.logger.error({ err: error }, 'cannot read the route table on disk; waiting for the control plane');
      return null;
    }
  }

  private onFrame(frame: ToGateway, send: (frame: ToControlPlane) => void): void {
    if (frame.type === 'table') this.installTable(frame.table);
    else this.startDump(frame.id, send);
  }

  /** Workers serve it at once; it counts as served towards the control plane when it is on disk too, so that a restart cannot bring back an old one. */
  private installTable(table: RouteTable): void {
    this.table = table;
    this.fleet.broadcast({ type: 'table', table });
    this.configureCounts(table);
    this.writer
      .write(table)
      .catch((error: unknown) => {
        // A full disk must not stop changes of traffic: they hold as long as the process lives.
        this.options.logger.error({ err: error, revision: table.revision }, 'cannot write the route table');
        return true;
      })
      .then((written) => {
        if (!written) return;
        this.persisted = table.revision;
        this.onFleetChanged();
      });
  }

  private configureCounts(table: RouteTable): void {
    if (this.options.workers === 1) return;
    const totals = new Map<string, number>();
    for (const { deployments } of table.endpoints) {
      for (const { instances } of deployments) {
        for (const instance of instances) totals.set(instanceKey(instance), instance.maxConcurrency);
      }
    }
    this.sendOrders(this.ledger.setTotals(totals));
    this.limits.configure(limitedEndpoints(table), performance.now());
  }

  private onForked(worker: FleetWorker): void {
    const { host, workers, domain, dataDir, upstreamKey } = this.options;
    this.fleet.send(worker.id, {
      type: 'start',
      host,
      port: this.port,
      domain,
      hopId: this.hopId,
      workerCount: workers,
      telemetrySocket: dataDir.telemetrySocket,
      upstreamKey,
      table: this.table,
    });
    this.admittedBy.set(worker.id, new Map());
    if (workers > 1) this.sendOrders(this.ledger.addWorker(worker.id));
  }

  private onWorkerGone(worker: FleetWorker): void {
    if (this.options.workers > 1) this.sendOrders(this.ledger.removeWorker(worker.id));
    for (const [endpoint, count] of this.admittedBy.get(worker.id) ?? []) this.limits.end(endpoint, count);
    this.admittedBy.delete(worker.id);
    this.places.removeWorker(worker.id);
    for (const id of this.dumps.keys()) this.completeDump(id);
  }

  private onWorkerMessage(worker: FleetWorker, message: ToPrimary): void {
    switch (message.type) {
      case 'listen_failed':
        this.onListenFailed(message.code, message.message);
        break;
      case 'want':
        this.sendOrders(this.ledger.want(worker.id, message.key, message.count));
        break;
      case 'give_back':
        this.sendOrders(this.ledger.giveBack(worker.id, message.key, message.count));
        break;
      case 'ask':
        this.answerAsk(worker, message.endpoints);
        break;
      case 'ended':
        this.limits.end(message.endpoint, message.count);
        count(this.admittedBy.get(worker.id), message.endpoint, -message.count);
        break;
      case 'ask_places':
        this.fleet.send(worker.id, {
          type: 'places',
          answers: message.questions.map((question) => this.places.ask(worker.id, question)),
        });
        break;
      case 'left_places':
        this.places.leave(worker.id, message.queue, message.count);
        break;
      case 'internal_error':
        this.options.logger.error({ pid: worker.pid, stack: message.text }, 'a fault inside the gateway');
        break;
      case 'no_instance':
        this.link?.broadcast({ type: 'wake', endpoint: message.endpoint });
        break;
      case 'instance_failing':
        this.link?.broadcast(message);
        break;
      case 'dump':
        this.dumps.get(message.id)?.parts.push({ pid: worker.pid, dump: message.dump });
        this.completeDump(message.id);
        break;
      default:
    }
  }

  /** At the start it is the operator's mistake; later something has taken the port, and the worker's successor tries again. */
  private onListenFailed(code: string, message: string): void {
    const text = describeListenFailure(this.options, code, message);
    if (!this.ready) return this.options.onListenFailed(text);
    this.options.logger.error({ code }, text);
  }

  private answerAsk(worker: FleetWorker, endpoints: readonly string[]): void {
    const now = performance.now();
    const admitted = this.admittedBy.get(worker.id);
    const verdicts = endpoints.map((endpoint) => {
      const verdict = this.limits.ask(endpoint, now);
      if (verdict.kind === 'admitted') count(admitted, endpoint, 1);
      return verdict;
    });
    this.fleet.send(worker.id, { type: 'verdicts', verdicts });
  }

  private sendOrders(orders: readonly SlotOrder[]): void {
    for (const [worker, own] of Map.groupBy(orders, (order) => order.worker)) {
      this.fleet.send(worker, { type: 'slots', orders: own });
    }
  }

  private onFleetChanged(): void {
    const { active } = this.fleet;
    this.options.onWorkerPids(active.map(({ pid }) => pid));
    this.link?.broadcast(this.workersFrame());
    if (this.ready || active.length === 0 || !active.every(({ listening }) => listening)) return;
    this.ready = true;
    this.options.onReady(this.port);
  }

  private workersFrame(): ToControlPlane {
    return {
      type: 'workers',
      // Those that drain too: they may still answer one request on each of their connections.
      workers: this.fleet.all.map(({ id, pid, served }) => ({ id, pid, served: Math.min(served, this.persisted) })),
    };
  }

  private startDump(id: string, send: (frame: ToControlPlane) => void): void {
    this.dumps.set(id, { parts: [], send });
    this.fleet.broadcast({ type: 'dump', id });
    this.completeDump(id);
  }

  private completeDump(id: string): void {
    const pending = this.dumps.get(id);
    if (pending === undefined || pending.parts.length < this.fleet.all.length) return;
    this.dumps.delete(id);
    const { parts, send } = pending;
    send({
      type: 'dump',
      id,
      dump: { revision: this.table?.revision ?? 0, persisted: this.persisted, workers: parts },
    });
  }
}

interface PendingDump {
  parts: { pid: number; dump: unknown }[];
  send: (frame: ToControlPlane) => void;
}

function count(counts: Map<string, number> | undefined, key: string, by: number): void {
  if (counts === undefined) return;
  const value = (counts.get(key) ?? 0) + by;
  if (value <= 0) counts.delete(key);
  else counts.set(key, value);
}

function describeListenFailure({ host, port }: PrimaryOptions, code: string, message: string): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use by another program. Stop that program, or set VIRIDIAN_GATEWAY_PORT to another port (0 picks a free one).`;
  }
  return `The gateway cannot listen on ${host}:${port}: ${message}. Check VIRIDIAN_HOST and VIRIDIAN_GATEWAY_PORT.`;
}
