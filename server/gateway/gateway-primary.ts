import cluster from 'node:cluster';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { ToControlPlane, ToGateway } from '#server/routing/gateway-link.ts';
import type { RouteInstance, RouteTable } from '#server/routing/route-table.ts';
import { type CertificateSource, factsOf } from '#server/tls/served-certificate.ts';
import { type ControlPlaneLink, listenForControlPlane } from './control-plane-link.ts';
import { EjectionLedger } from './ejection-ledger.ts';
import { instanceKey } from './instance-key.ts';
import { limitedEndpoints } from './limit-gate.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { PacedOrders } from './paced-orders.ts';
import { PlaceKeeper } from './queue-places.ts';
import { loadRouteTable, RouteTableWriter } from './route-table-file.ts';
import { SlotLedger } from './slot-ledger.ts';
import { type FleetWorker, WorkerFleet } from './worker-fleet.ts';
import { TableChanges, TableFeed, wholeTable } from './table-parts.ts';
import { ChallengeRelay } from './tls/challenge-relay.ts';
import type { TlsMaterial } from './tls/tls-listener.ts';
import type { ToPrimary } from './worker-messages.ts';

/** Session tickets are sealed with a key of at most this age: who steals it later opens no older connection. */
const TICKET_KEY_MS = 12 * 3_600_000;

export interface PrimaryOptions {
  host: string;
  port: number;
  workers: number;
  domain: string | null;
  /** Wrong keys a minute that a worker takes from one address; 0 for any number. */
  badKeysPerMinute: number;
  /** The TLS port, 0 for any, and what is served there; null for none. */
  tls: { port: number; source: CertificateSource } | null;
  dataDir: DataDir;
  /** Opens what is sealed in the route table, in hex. */
  upstreamKey: string;
  logger: Logger;
  /** Every worker listens. Called once. */
  onReady(port: number, tlsPort: number | null): void;
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
  // Text crosses as it is; as JSON, every quotation mark in it would have to be escaped and found again.
  cluster.setupPrimary({ serialization: 'advanced' });
  const primary = new Primary(options);
  await primary.start();
  return {
    replaceWorkers: () => primary.replaceWorkers(),
    stop: () => primary.stop(),
  };
}

class Primary {
  readonly fleet: WorkerFleet;
  private readonly options: PrimaryOptions;
  private readonly writer: RouteTableWriter;
  private readonly ledger = new SlotLedger();
  private readonly orders = new PacedOrders((worker, orders) => this.fleet.send(worker, { type: 'slots', orders }));
  private readonly limits = new LimitKeeper();
  private readonly places = new PlaceKeeper();
  private readonly admittedBy = new Map<number, Map<string, number>>();
  private readonly hopId = randomUUID();
  private link: ControlPlaneLink | null = null;
  private table: RouteTable | null = null;
  private readonly changes = new TableChanges();
  private readonly feed = new TableFeed((worker, part) => this.fleet.send(worker, { type: 'table_part', part }));
  /** Newest revision that is on disk: what a restart would serve. */
  private persisted = 0;
  private port: number;
  private tlsPort: number;
  private ticketKeys = newTicketKeys();
  private ticketTimer: NodeJS.Timeout | undefined;
  private ready = false;
  private readonly challenges = new ChallengeRelay((worker, message) => this.fleet.send(worker, message));
  private readonly ejections = new EjectionLedger();
  private readonly dumps = new Map<string, PendingDump>();

  constructor(options: PrimaryOptions) {
    this.options = options;
    this.port = options.port;
    this.tlsPort = options.tls?.port ?? 0;
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
    const { host, port, tls } = this.options;
    this.port = await fixPort(host, port);
    if (tls !== null) this.tlsPort = await fixPort(host, tls.port);
    this.table = this.loadTable();
    this.persisted = this.table?.revision ?? 0;
    if (this.table !== null) {
      this.configureCounts(this.table);
      this.changes.partsTo(this.table);
    }
    this.link = await listenForControlPlane(this.options.dataDir.gatewaySocket, {
      onConnect: (send) => {
        send(this.workersFrame());
        send(this.tlsFrame());
        send(this.ejectionsFrame());
      },
      onFrame: (frame, send) => this.onFrame(frame, send),
      onBadFrame: (reason, revision, send) => {
        this.options.logger.error({ revision, reason }, 'refused a frame of the control plane');
        send({ type: 'refused', revision, reason });
      },
    });
    this.fleet.start();
    if (tls === null) return;
    tls.source.watch(() => this.onCertificates());
    this.ticketTimer = setInterval(() => this.sendCertificates(), TICKET_KEY_MS);
  }

  /** Certificates are looked at too: who replaces workers by hand wants what is on disk now. */
  async replaceWorkers(): Promise<void> {
    await this.options.tls?.source.check();
    await this.fleet.replaceAll();
  }

  private onCertificates(): void {
    this.sendCertificates();
    this.link?.broadcast(this.tlsFrame());
  }

  /** With new ticket keys each time: a session that began with a former certificate is not resumed. */
  private sendCertificates(): void {
    this.ticketKeys = newTicketKeys();
    const material = this.tlsMaterial();
    if (material !== null) this.fleet.broadcast({ type: 'certificates', ...material });
  }

  private tlsMaterial(): TlsMaterial | null {
    const { tls } = this.options;
    return tls && { certificates: tls.source.certificates, ticketKeys: this.ticketKeys };
  }

  private tlsFrame(): ToControlPlane {
    const { tls } = this.options;
    if (tls === null) return { type: 'tls', tls: null };
    const { certificates, problem } = tls.source;
    return { type: 'tls', tls: { port: this.tlsPort, certificates: certificates.map(factsOf), problem } };
  }

  async stop(): Promise<void> {
    clearInterval(this.ticketTimer);
    this.options.tls?.source.stop();
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
    else if (frame.type === 'challenges') this.startChallenges(frame, send);
    else this.startDump(frame.id, send);
  }

  /** Workers serve it at once; it counts as served towards the control plane when it is on disk too, so that a restart cannot bring back an old one. */
  private installTable(table: RouteTable): void {
    this.table = table;
    this.feed.publish(this.changes.partsTo(table));
    this.ejections.keep(new Set(instancesOf(table).map(({ id }) => id)));
    this.link?.broadcast(this.ejectionsFrame());
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
    for (const instance of instancesOf(table)) totals.set(instanceKey(instance), instance.maxConcurrency);
    this.orders.add(this.ledger.setTotals(totals));
    this.limits.configure(limitedEndpoints(table), performance.now());
  }

  private onForked(worker: FleetWorker): void {
    const { host, workers, domain, badKeysPerMinute, dataDir, upstreamKey } = this.options;
    const material = this.tlsMaterial();
    this.fleet.send(worker.id, {
      type: 'start',
      host,
      port: this.port,
      domain,
      badKeysPerMinute,
      hopId: this.hopId,
      workerCount: workers,
      telemetrySocket: dataDir.telemetrySocket,
      upstreamKey,
      table: this.table && wholeTable(this.table),
      tls: material && { port: this.tlsPort, ...material },
    });
    this.challenges.onForked(worker.id);
    this.feed.addWorker(worker.id);
    this.admittedBy.set(worker.id, new Map());
    if (workers > 1) this.orders.add(this.ledger.addWorker(worker.id));
  }

  private onWorkerGone(worker: FleetWorker): void {
    if (this.options.workers > 1) this.orders.add(this.ledger.removeWorker(worker.id));
    for (const [endpoint, count] of this.admittedBy.get(worker.id) ?? []) this.limits.end(endpoint, count);
    this.admittedBy.delete(worker.id);
    this.challenges.onGone(worker.id);
    this.feed.removeWorker(worker.id);
    this.places.removeWorker(worker.id);
    this.ejections.removeWorker(worker.id);
    this.link?.broadcast(this.ejectionsFrame());
    for (const id of this.dumps.keys()) this.completeDump(id);
  }

  private onWorkerMessage(worker: FleetWorker, message: ToPrimary): void {
    switch (message.type) {
      case 'listen_failed':
        this.onListenFailed(message.port, message.code, message.message);
        break;
      case 'part_installed':
        this.feed.onInstalled(worker.id);
        break;
      case 'want':
        this.orders.add(this.ledger.want(worker.id, message.key, message.count));
        break;
      case 'give_back':
        this.orders.add(this.ledger.giveBack(worker.id, message.key, message.count));
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
        for (const place of message.places) this.places.leave(worker.id, place);
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
      case 'answering':
        this.challenges.onAnswering(worker.id, message.id);
        break;
      case 'ejection':
        this.ejections.report(worker.id, message);
        this.link?.broadcast(this.ejectionsFrame());
        break;
      case 'dump':
        this.dumps.get(message.id)?.parts.push({ pid: worker.pid, dump: message.dump });
        this.completeDump(message.id);
        break;
      default:
    }
  }

  /** At the start it is the operator's mistake; later something has taken the port, and the worker's successor tries again. */
  private onListenFailed(port: number, code: string, message: string): void {
    const setting = port === this.port ? 'VIRIDIAN_GATEWAY_PORT' : 'VIRIDIAN_GATEWAY_TLS_PORT';
    const text = describeListenFailure({ host: this.options.host, port, setting }, code, message);
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

  private onFleetChanged(): void {
    const { active } = this.fleet;
    this.options.onWorkerPids(active.map(({ pid }) => pid));
    this.link?.broadcast(this.workersFrame());
    if (this.ready || active.length === 0 || !active.every(({ listening }) => listening)) return;
    this.ready = true;
    this.options.onReady(this.port, this.options.tls === null ? null : this.tlsPort);
  }

  private workersFrame(): ToControlPlane {
    return {
      type: 'workers',
      // Those that drain too: they may still answer one request on each of their connections.
      workers: this.fleet.all.map(({ id, pid, served }) => ({ id, pid, served: Math.min(served, this.persisted) })),
    };
  }

  private startChallenges(
    { id, challenges }: Extract<ToGateway, { type: 'challenges' }>,
    send: (frame: ToControlPlane) => void,
  ): void {
    const workers = this.fleet.all.map((worker) => worker.id);
    this.challenges.begin(id, challenges, workers, () => send({ type: 'challenged', id }));
  }

  private ejectionsFrame(): ToControlPlane {
    return { type: 'ejections', ejections: this.ejections.snapshot() };
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

function instancesOf(table: RouteTable): RouteInstance[] {
  return table.endpoints.flatMap(({ deployments }) => deployments.flatMap(({ instances }) => instances));
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

/**
 * Turns 0 into a number before any worker asks for it: workers share one socket as long as they name the same port, and it must be the same
 * after all of them have died.
 */
async function fixPort(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  const probe = createServer().listen({ host, port, exclusive: true });
  await once(probe, 'listening');
  const address = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return address.port;
}

/** Name, HMAC key and AES key of session tickets, in the form that Node takes. */
function newTicketKeys(): string {
  return randomBytes(48).toString('base64');
}

function describeListenFailure(
  { host, port, setting }: { host: string; port: number; setting: string },
  code: string,
  message: string,
): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use by another program. Stop that program, or set ${setting} to another port (0 picks a free one).`;
  }
  return `The gateway cannot listen on ${host}:${port}: ${message}. Check VIRIDIAN_HOST and ${setting}.`;
}
