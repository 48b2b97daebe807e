import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Challenge } from '#server/routing/gateway-link.ts';
import type { RouteTable } from '#server/routing/route-table.ts';
import { BadKeys } from './bad-keys.ts';
import { ComparisonReporter, type SendComparisons } from './comparison-reporter.ts';
import { Counters } from './counters.ts';
import { DeadlineSweeper } from './deadline-sweeper.ts';
import type { GatewayCore } from './gateway-core.ts';
import { DEFAULT_SETTINGS, type GatewaySettings } from './gateway-settings.ts';
import { Http2Front } from './http2/front.ts';
import { ByteWriter } from './http1/byte-writer.ts';
import { RequestHead } from './http1/request-head.ts';
import { ResponseHead } from './http1/response-head.ts';
import { ALL_SLOTS, type SlotSource } from './instance-pool.ts';
import { createLocalGate, limitedEndpoints, type LimitGate } from './limit-gate.ts';
import { createListener, LISTEN_BACKLOG } from './listener.ts';
import { MirrorSender } from './mirror.ts';
import { MirrorComparer } from './mirror-comparer.ts';
import { PeerWatch } from './peer-watch.ts';
import type { QueuePlaces } from './queue-places.ts';
import { RequestRecorder, type SendBatch } from './record.ts';
import { RouteIndex } from './route-index.ts';
import type { TablePart } from './table-parts.ts';
import type { OpenHeader } from './upstream-target.ts';
import { HttpChallenges } from './tls/http-challenges.ts';
import { createTlsListener, type TlsListener, type TlsMaterial } from './tls/tls-listener.ts';

export interface GatewayOptions {
  settings?: Partial<GatewaySettings>;
  domain?: string | null;
  /** The same in all workers of a gateway. */
  hopId: string;
  /** Unique per life of a worker. */
  source: string;
  sendRecords: SendBatch;
  /** Left out, what comes of comparisons is only counted. */
  sendComparisons?: SendComparisons;
  /** What is shared with other workers: slots of instances, places in queues, limits of endpoints. Left out, this worker is alone. */
  places?: QueuePlaces | null;
  slots?: SlotSource;
  limits?: LimitGate;
  /** Opens sealed fields of external servers. */
  openHeader?: OpenHeader;
  onInternalError?: (error: unknown) => void;
  onInstanceFailing?: GatewayCore['onInstanceFailing'];
  onNoInstance?: GatewayCore['onNoInstance'];
  onEjection?: GatewayCore['onEjection'];
}

export interface Gateway {
  readonly core: GatewayCore;
  listen(options: { host: string; port: number }): Promise<AddressInfo>;
  /** Listens for clients that speak TLS too. */
  listenTls(options: { host: string; port: number }, material: TlsMaterial): Promise<AddressInfo>;
  /** Serves new handshakes with other certificates. */
  installCertificates(material: TlsMaterial): void;
  /** Answers these challenges of an ACME server and no others. */
  installChallenges(challenges: readonly Challenge[]): void;
  install(table: RouteTable): void;
  /** Installs a part of the way to a new table. */
  installPart(part: TablePart): void;
  /**
   * Stops accepting, lets requests in flight end up to the drain limit, then cuts the rest. Closing an idle connection can cross with the next
   * request on it: with `keepIdle` it stays until that request's answer says `Connection: close`, for a worker that is replaced.
   */
  drain(keepIdle?: boolean): Promise<void>;
  /** What is going on inside, for a person who looks for a fault. */
  dump(): unknown;
}

/** One worker's gateway: composed from its parts, with nothing of clusters or processes in it. */
export function createGateway(options: GatewayOptions): Gateway {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const core = createCore(options, settings);
  const { server, connections, adopt } = createListener(core);
  let tls: TlsListener | null = null;
  core.sweeper.start();
  core.recorder.start();

  async function listen(address: { host: string; port: number }, on = server): Promise<AddressInfo> {
    on.listen({ ...address, backlog: LISTEN_BACKLOG });
    await once(on, 'listening');
    return on.address() as AddressInfo;
  }

  function listenTls(address: { host: string; port: number }, material: TlsMaterial): Promise<AddressInfo> {
    const onConnection = (socket: TLSSocket): void => {
      if (socket.alpnProtocol === 'h2') core.http2.serve(socket, core);
      else adopt(socket);
    };
    tls = createTlsListener(material, { settings, counters: core.counters, onConnection });
    return listen(address, tls.server);
  }

  let drained: Promise<void> | null = null;

  function drain(keepIdle = false): Promise<void> {
    core.draining = true;
    if (!keepIdle) connections.forEach((connection) => connection.drain());
    // HTTP/2 has a way to end a connection that crosses with no request.
    core.http2.drain();
    drained ??= untilDrained();
    return drained;
  }

  async function untilDrained(): Promise<void> {
    const servers = tls === null ? [server] : [server, tls.server];
    const closed = Promise.all(servers.map((one) => new Promise<void>((resolve) => one.close(() => resolve()))));
    const timer = setTimeout(() => {
      tls?.cutHandshakes();
      connections.forEach((connection) => connection.cutNow());
      core.http2.cutNow();
    }, settings.drainTimeoutMs);
    await closed;
    clearTimeout(timer);
    for (const endpoint of core.routes.inUse()) for (const { pool } of endpoint.deployments) pool.destroy();
    core.sweeper.stop();
    core.peerWatch.stop();
    await core.recorder.stop();
    await core.comparer.stop();
  }

  return {
    core,
    listen: (address) => listen(address),
    listenTls,
    installCertificates: (material) => tls?.install(material),
    installChallenges(challenges) {
      core.challenges.install(challenges);
      tls?.installChallenges(challenges);
    },
    install(table) {
      core.routes.install(table);
      core.limits.configure(limitedEndpoints(table));
    },
    installPart(part) {
      core.routes.apply(part);
      if (part.last) core.limits.configure(part.limited);
    },
    drain,
    dump: () => dump(core, connections.size),
  };
}

function createCore(options: GatewayOptions, settings: GatewaySettings): GatewayCore & { draining: boolean } {
  const writer = new ByteWriter();
  const counters = new Counters();
  const onInternalError = (error: unknown): void => {
    counters.increment('internal_errors');
    options.onInternalError?.(error);
  };
  const sweeper = new DeadlineSweeper(settings.sweepIntervalMs, onInternalError);
  const recorder = new RequestRecorder({ send: options.sendRecords, source: options.source });
  const responseHead = new ResponseHead();
  const reporter = new ComparisonReporter({ send: options.sendComparisons ?? discard, source: options.source });
  const comparer = new MirrorComparer({ settings, counters, reporter, onInternalError });
  return {
    settings,
    domain: options.domain?.toLowerCase() ?? null,
    hopId: options.hopId,
    writer,
    counters,
    sweeper,
    recorder,
    responseHead,
    mirror: new MirrorSender({ settings, writer, counters, sweeper, recorder, responseHead, comparer }),
    comparer,
    heads: createHeadPool(),
    peerWatch: new PeerWatch(),
    challenges: new HttpChallenges(),
    http2: new Http2Front(),
    limits: options.limits ?? createLocalGate(),
    badKeys: new BadKeys(settings.badKeysPerMinute),
    onInternalError,
    routes: new RouteIndex({
      settings,
      sweeper,
      onInternalError,
      slots: options.slots ?? ALL_SLOTS,
      places: options.places ?? null,
      openHeader: options.openHeader ?? refuseToOpen,
    }),
    draining: false,
    date: createDateClock(),
    onInstanceFailing: options.onInstanceFailing ?? (() => undefined),
    onNoInstance: options.onNoInstance ?? (() => undefined),
    onEjection: options.onEjection ?? (() => undefined),
  };
}

const discard: SendComparisons = async () => 'arrived';

function refuseToOpen(): never {
  throw new Error('This gateway was given no key for the fields of external servers.');
}

/** Parsers kept for reuse; more than this only after a burst. */
const MAX_POOLED_HEADS = 512;

function createHeadPool(): GatewayCore['heads'] {
  const free: RequestHead[] = [];
  return {
    take: () => free.pop() ?? new RequestHead(),
    give(head) {
      head.clear();
      if (free.length < MAX_POOLED_HEADS) free.push(head);
    },
  };
}

/** `Date` values, formatted once a second. */
function createDateClock(): () => string {
  let second = 0;
  let text = '';
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}

function dump(core: GatewayCore, connections: number): unknown {
  return {
    revision: core.routes.revision,
    connections,
    http2_connections: core.http2.size,
    draining: core.draining,
    records_pending: core.recorder.pending,
    comparisons_pending: core.comparer.reporter.pending,
    counters: core.counters.snapshot(),
    endpoints_in_table: core.routes.size,
    /** Those that have been called. */
    endpoints: [...core.routes.inUse()].map((endpoint) => ({
      name: endpoint.name,
      in_flight: endpoint.state.inFlight,
      deployments: endpoint.deployments.map(({ name, pool }) => ({
        name,
        queued: pool.queued,
        instances: pool.all.map((instance) => ({
          key: instance.key,
          slots: instance.slots,
          in_flight: instance.inFlight,
          connections: instance.openConnections,
          idle: instance.idleConnections,
          ejected: instance.health.isEjected,
        })),
      })),
    })),
  };
}
