import type { RouteInstance } from '#server/routing/route-table.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { DeadlineSweeper, Sweepable } from './deadline-sweeper.ts';
import { InstanceHealth } from './instance-health.ts';
import { instanceKey } from './instance-key.ts';
import { UpstreamSessions } from './http2/upstream-sessions.ts';
import { type Place, Roster } from './roster.ts';
import { compileTarget, type OpenHeader, type UpstreamTarget } from './upstream-target.ts';
import { type Upstream, UpstreamConnection, type UpstreamOwner, type UpstreamUser } from './upstream-connection.ts';

const FIRST_SHARE = 0.1;

/** What an instance needs from the rest of the worker. */
export interface InstanceEnvironment {
  readonly settings: GatewaySettings;
  readonly sweeper: DeadlineSweeper;
  onInternalError(error: unknown): void;
  readonly openHeader: OpenHeader;
}

/**
 * One running copy of a model as this worker sees it: its connections, its slots and its health. Made for one generation of the process or
 * container behind it and thrown away with it, so that no connection outlives what it was made to.
 */
export class Instance implements UpstreamOwner, Sweepable {
  readonly id: string;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  private readonly grpcPort: number;
  readonly health = new InstanceHealth();
  readonly target: UpstreamTarget;
  tlsSession: Buffer | undefined;
  /** Requests that this worker may have in flight here. */
  slots = 0;
  inFlight = 0;
  maxConcurrency: number;
  /** When it joined others that served already. */
  joinedAt = -Infinity;
  /** Part of its next turn that it has earned while it starts slowly. */
  private turns = 0;
  private readonly environment: InstanceEnvironment;
  /** The sweeper looks at it; only while it has idle connections. */
  private swept: Place<Sweepable> | null = null;
  private readonly idle: UpstreamConnection[] = [];
  private readonly open = new Roster<UpstreamConnection>();
  /** Connections that speak HTTP/2; null until the first call of gRPC. */
  private sessions: UpstreamSessions | null = null;
  private retired = false;

  /** @param deployment whose it is: `<endpoint>/<deployment>` */
  constructor(route: RouteInstance, deployment: string, environment: InstanceEnvironment) {
    this.id = route.id;
    this.key = instanceKey(route);
    this.host = route.host;
    this.port = route.port;
    this.grpcPort = route.grpcPort ?? route.port;
    this.maxConcurrency = route.maxConcurrency;
    this.environment = environment;
    this.target = compileTarget(route, (sealed) => environment.openHeader(deployment, sealed));
  }

  get hasSlot(): boolean {
    return this.inFlight < this.slots;
  }

  /**
   * Whether it may be chosen this time beside others. One that has just come, or come back, has cold caches and unproven health: its share of the times
   * grows from a tenth to all of them.
   */
  takesTurn(now: number): boolean {
    const age = now - Math.max(this.joinedAt, this.health.readmittedAt);
    const { slowStartMs } = this.environment.settings;
    if (age >= slowStartMs) return true;
    this.turns += Math.max(FIRST_SHARE, age / slowStartMs);
    if (this.turns < 1) return false;
    this.turns -= 1;
    return true;
  }

  get openConnections(): number {
    return this.open.size + (this.sessions?.size ?? 0);
  }

  get idleConnections(): number {
    return this.idle.length;
  }

  /**
   * The connection that is idle longest of those young enough, or a new one: used in turn, the connections of one burst stay young until the next. A
   * request that cannot be sent twice gets a stricter age: the server may be closing an old connection while the request is on its way (RFC 9112
   * section 9.3.1).
   */
  takeConnection(user: UpstreamUser, repeatable: boolean, now: number): UpstreamConnection {
    const { upstreamIdleMs, upstreamIdleUnrepeatableMs } = this.environment.settings;
    const limit = repeatable ? upstreamIdleMs : Math.min(upstreamIdleMs, upstreamIdleUnrepeatableMs);
    for (let index = 0; index < this.idle.length; index += 1) {
      const connection = this.idle[index] as UpstreamConnection;
      if (now - connection.idleSince >= Math.min(limit, connection.announcedIdleMs)) continue;
      if (index === 0) this.idle.shift();
      else this.idle.splice(index, 1);
      connection.user = user;
      return connection;
    }
    return this.openConnection(user);
  }

  openConnection(user: UpstreamUser): UpstreamConnection {
    const connection = new UpstreamConnection(this.host, this.port, this.target.tlsName, this, user);
    connection.place = this.open.add(connection);
    return connection;
  }

  /** A stream of a connection that speaks HTTP/2, for a call of gRPC. */
  openStream(user: UpstreamUser): Upstream {
    const { host, grpcPort, environment } = this;
    this.sessions ??= new UpstreamSessions({ host, port: grpcPort, tlsName: this.target.tlsName, environment });
    return this.sessions.openStream(user);
  }

  /** Takes back a connection whose answer ended exactly where it should. */
  giveBack(connection: UpstreamConnection, now: number): void {
    connection.user = null;
    if (this.retired || connection.ended || connection.socket.destroyed) {
      connection.destroy();
      return;
    }
    connection.served += 1;
    connection.idleSince = now;
    this.idle.push(connection);
    this.swept ??= this.environment.sweeper.add(this);
  }

  onInternalError(error: unknown): void {
    this.environment.onInternalError(error);
  }

  onConnectionGone(connection: UpstreamConnection): void {
    if (connection.place !== null) this.open.remove(connection.place);
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
  }

  /** Closes idle connections that are too old to be used. */
  sweep(now: number): void {
    const { upstreamIdleMs } = this.environment.settings;
    let expired = 0;
    for (const connection of this.idle) {
      if (now - connection.idleSince < upstreamIdleMs) break;
      expired += 1;
    }
    for (const connection of this.idle.splice(0, expired)) connection.destroy();
    if (this.idle.length > 0 || this.swept === null) return;
    this.environment.sweeper.delete(this.swept);
    this.swept = null;
  }

  /** No new request comes here: idle connections go now, used ones with their request. */
  retire(): void {
    this.retired = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
    this.sessions?.close();
  }

  /** Cuts everything, requests in flight included. */
  destroy(): void {
    this.retire();
    this.open.forEach((connection) => connection.socket.destroy());
    this.sessions?.destroy();
  }
}
