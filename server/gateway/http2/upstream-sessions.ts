import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Sweepable } from '../deadline-sweeper.ts';
import type { InstanceEnvironment } from '../instance.ts';
import type { Place } from '../roster.ts';
import { secure, type Upstream, type UpstreamUser } from '../upstream-connection.ts';
import { UpstreamStream } from './upstream-stream.ts';

/** Code of the error of a connection whose server speaks something else. */
export const NO_HTTP2 = 'VIRIDIAN_NO_HTTP2';

/** What OpenSSL calls it when a server ends the handshake because it knows none of the protocols. */
const NO_SHARED_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';

/** Connections to one instance. One carries all calls until its server's limit on streams is reached. */
const MAX_SESSIONS = 8;
const IDLE_MS = 60_000;
/** A connection on which nothing has been heard for so long is asked whether it is still there. */
const PROBE_AFTER_MS = 10_000;
const PROBE_LIMIT_MS = 5_000;
/** Part of the time to connect in which a server has to say that it speaks HTTP/2: its users could only say that it took too long. */
const GREETING_SHARE = 0.75;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;

const OPTIONS = {
  settings: { enablePush: false, initialWindowSize: 65_535, maxHeaderListSize: 32 * 1024 },
  maxHeaderListPairs: 256,
  maxSessionMemory: 64,
  strictSingleValueFields: false,
} as const;

/** The server that the connections are made to. */
export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must be for; null for plain HTTP/2 with prior knowledge (RFC 9113 section 3.3). */
  readonly tlsName: string | null;
  readonly environment: Pick<InstanceEnvironment, 'settings' | 'sweeper' | 'onInternalError'>;
}

/** The connections to one instance that speak HTTP/2. */
export class UpstreamSessions implements Sweepable {
  private readonly address: UpstreamAddress;
  private readonly sessions = new Set<UpstreamSession>();
  /** The sweeper looks at it; only while it has sessions. */
  private swept: Place<Sweepable> | null = null;

  constructor(address: UpstreamAddress) {
    this.address = address;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** A stream for one request. Its user is told when it may write, unless it may at once. */
  openStream(user: UpstreamUser): Upstream {
    const { environment, tlsName } = this.address;
    const stream = new UpstreamStream(user, {
      scheme: tlsName === null ? 'http' : 'https',
      reopen: (again) => this.choose().add(again),
      onInternalError: (error) => environment.onInternalError(error),
    });
    this.choose().add(stream);
    return stream;
  }

  sweep(now: number): void {
    for (const session of this.sessions) session.sweep(now);
  }

  /** No new calls come; those under way end. */
  close(): void {
    for (const session of this.sessions) session.close();
  }

  destroy(): void {
    for (const session of this.sessions) session.destroy(null);
  }

  private choose(): UpstreamSession {
    let best: UpstreamSession | null = null;
    for (const session of this.sessions) {
      if (session.isOpen && (best === null || session.freeStreams > best.freeStreams)) best = session;
    }
    // Beyond the last connection's limit, calls wait for a stream inside of nghttp2.
    if (best !== null && (best.freeStreams > 0 || this.sessions.size >= MAX_SESSIONS)) return best;
    return this.start();
  }

  private start(): UpstreamSession {
    const { sweeper } = this.address.environment;
    this.swept ??= sweeper.add(this);
    const session = new UpstreamSession(this.address, {
      onGone: () => {
        this.sessions.delete(session);
        if (this.sessions.size > 0 || this.swept === null) return;
        sweeper.delete(this.swept);
        this.swept = null;
      },
      onOverflow: (stream) => this.choose().add(stream),
    });
    this.sessions.add(session);
    return session;
  }
}

interface SessionOwner {
  onGone(): void;
  /** A stream has waited for a server that takes fewer than have waited. */
  onOverflow(stream: UpstreamStream): void;
}

/** One connection to an instance. Streams are opened once its server has shown, by its SETTINGS, that it speaks HTTP/2. */
class UpstreamSession {
  private readonly socket: Socket;
  private readonly session: ClientHttp2Session;
  private readonly owner: SessionOwner;
  /** Streams that wait for the SETTINGS. */
  private waiting: UpstreamStream[] = [];
  private ready = false;
  private connected = false;
  private gone = false;
  private error: Error | null = null;
  private active = 0;
  private readonly startedAt = performance.now();
  private readonly greetingLimitMs: number;
  private idleSince = 0;
  private heardAt = performance.now();
  private heardBytes = 0;
  private probedAt: number | null = null;

  constructor(address: UpstreamAddress, owner: SessionOwner) {
    this.owner = owner;
    this.greetingLimitMs = address.environment.settings.connectTimeoutMs * GREETING_SHARE;
    this.socket = dial(address, (error) => this.onConnected(error));
    const scheme = address.tlsName === null ? 'http' : 'https';
    this.session = connectHttp2(`${scheme}://instance`, { ...OPTIONS, createConnection: () => this.socket });
    this.session.on('connect', () => this.session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    this.session.on('remoteSettings', () => this.onReady());
    this.session.on('error', (error) => this.fail(error));
    this.session.on('close', () => this.onClose());
  }

  get isOpen(): boolean {
    return !this.gone && !this.session.closed && !this.session.destroyed;
  }

  get freeStreams(): number {
    const limit = this.ready ? (this.session.remoteSettings.maxConcurrentStreams ?? Infinity) : Infinity;
    return limit - this.active - this.waiting.length;
  }

  /** A stream that comes while there is no connection yet is told later. */
  add(stream: UpstreamStream): void {
    if (this.ready) this.attach(stream);
    else this.waiting.push(stream);
  }

  sweep(now: number): void {
    if (!this.ready && now - this.startedAt > this.greetingLimitMs) this.destroy(timedOut());
    else if (this.active > 0) this.probe(now);
    else if (this.ready && now - this.idleSince > IDLE_MS) this.close();
  }

  close(): void {
    if (!this.ready) this.destroy(null);
    else if (this.isOpen) this.session.close();
  }

  destroy(error: Error | null): void {
    if (this.session.destroyed) return;
    this.fail(error);
    this.session.destroy();
  }

  private attach(stream: UpstreamStream): void {
    this.active += 1;
    stream.attach(this.session, () => {
      this.active -= 1;
      this.idleSince = performance.now();
    });
  }

  private onConnected(error: Error | null): void {
    this.connected = true;
    if (error !== null) this.destroy(error);
  }

  private onReady(): void {
    if (this.ready) return;
    this.ready = true;
    this.idleSince = performance.now();
    for (const stream of this.waiting.splice(0)) {
      if (stream.user === null) continue;
      if (this.freeStreams > 0) this.attach(stream);
      else this.owner.onOverflow(stream);
      if (stream.connected) stream.announce();
    }
  }

  /** A server that answers a connection with anything but SETTINGS speaks another protocol: nghttp2 has a fault to report, or the server has closed. */
  private fail(error: Error | null): void {
    const refused = (error as NodeJS.ErrnoException | null)?.code === NO_SHARED_PROTOCOL;
    this.error ??= refused || (this.connected && !this.ready) ? noHttp2() : error;
  }

  private onClose(): void {
    if (this.gone) return;
    this.gone = true;
    this.fail(null);
    this.owner.onGone();
    const error = this.error ?? new Error('the connection was closed before it was established');
    for (const stream of this.waiting.splice(0)) stream.onNoSession(error);
  }

  /** Tells a server that takes its time from one that is gone without a word. */
  private probe(now: number): void {
    const { bytesRead } = this.socket;
    if (bytesRead !== this.heardBytes) {
      this.heardBytes = bytesRead;
      this.heardAt = now;
      this.probedAt = null;
    } else if (this.probedAt !== null) {
      if (now - this.probedAt > PROBE_LIMIT_MS) this.destroy(new Error('the connection does not answer'));
    } else if (now - this.heardAt > PROBE_AFTER_MS && this.isOpen) {
      this.probedAt = now;
      this.session.ping(() => undefined);
    }
  }
}

/** @param onConnected called once the server may be spoken to, or is known not to speak HTTP/2 */
function dial({ host, port, tlsName }: UpstreamAddress, onConnected: (error: Error | null) => void): Socket {
  const options = { host, port, noDelay: true };
  if (tlsName === null) return connect(options, () => onConnected(null));
  const socket: TLSSocket = secure(options, tlsName, 'h2');
  return socket.once('secureConnect', () => onConnected(socket.alpnProtocol === 'h2' ? null : noHttp2()));
}

function timedOut(): Error {
  return Object.assign(new Error('the server did not answer in time'), { code: 'ETIMEDOUT' });
}

function noHttp2(): Error {
  return Object.assign(new Error('the server does not speak HTTP/2'), { code: NO_HTTP2 });
}
