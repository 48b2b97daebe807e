import { constants } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Challenge } from '#server/routing/gateway-link.ts';
import type { ServedCertificate } from '#server/tls/served-certificate.ts';
import type { Counters } from '../counters.ts';
import type { GatewaySettings } from '../gateway-settings.ts';
import { AlpnChallenges } from './alpn-challenges.ts';
import {
  ALPN_PROTOCOLS,
  type CertificateChoice,
  createCertificateChoice,
  PROTOCOL_OPTIONS,
  secureContextOptions,
} from './certificate-choice.ts';

/** What a worker serves TLS with. */
export interface TlsMaterial {
  /** The first is the default. */
  certificates: readonly ServedCertificate[];
  /** 48 random bytes in base64, the same in all workers: a session that one began can be resumed at another. */
  ticketKeys: string;
}

export interface TlsListener {
  readonly server: Server;
  /** New handshakes use this; connections that are open keep what they have. */
  install(material: TlsMaterial): void;
  /** Answers these challenges of an ACME server and no others. */
  installChallenges(challenges: readonly Challenge[]): void;
  /** Ends the handshakes that go on. */
  cutHandshakes(): void;
}

const PLAIN_HTTP_TEXT = 'This port speaks TLS. Use https:// in the address.\n';
/** For a person who left the s out: an end without a word would be a riddle. */
const PLAIN_HTTP_ANSWER = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${PLAIN_HTTP_TEXT.length}\r\nConnection: close\r\n\r\n${PLAIN_HTTP_TEXT}`;

export interface TlsListenerOptions {
  settings: Pick<GatewaySettings, 'tlsHandshakeTimeoutMs' | 'tlsMaxHandshakes'>;
  counters: Counters;
  /** A client has finished its handshake. */
  onConnection(socket: TLSSocket): void;
}

/** Accepts clients over TLS and hands on those whose handshake succeeds. Handshakes that go on are bounded in time and number. */
export function createTlsListener(material: TlsMaterial, options: TlsListenerOptions): TlsListener {
  const { settings, counters } = options;
  let choice: CertificateChoice = createCertificateChoice(material.certificates);
  const handshakes = new Handshakes();
  const challenges = new AlpnChallenges(settings.tlsHandshakeTimeoutMs);
  const tls = createTlsServer({
    ...defaultContext(material),
    ticketKeys: Buffer.from(material.ticketKeys, 'base64'),
    // A session could be changed under a request that is being answered.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ALPNProtocols: [...ALPN_PROTOCOLS],
    SNICallback: (name, callback) => callback(null, choice.find(name)),
    handshakeTimeout: settings.tlsHandshakeTimeoutMs,
    // An end that the client announces over TLS means that it is gone: none ends its side to wait for an answer.
    allowHalfOpen: false,
  });
  const server = createServer({ noDelay: true }, (raw) => {
    // A herd that never finishes its handshakes must not take the memory of those who would.
    if (handshakes.count >= settings.tlsMaxHandshakes) {
      counters.increment('tls.handshake_shed');
      raw.destroy();
      return;
    }
    handshakes.begin(raw);
    if (!challenges.arePending) tls.emit('connection', raw);
    else challenges.sort(raw, () => tls.emit('connection', raw));
  });
  tls.on('secureConnection', (socket: TLSSocket) => {
    counters.increment(socket.isSessionReused() ? 'tls.handshake_resumed' : 'tls.handshake_full');
    makeResettable(socket, handshakes.end(socket));
    options.onConnection(socket);
  });
  tls.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const kind = describeFailure(error);
    counters.increment(`tls.handshake_failed.${kind}`);
    const raw = kind === 'plain_http' ? handshakes.end(socket) : undefined;
    if (raw === undefined) socket.destroy();
    else raw.end(PLAIN_HTTP_ANSWER, () => socket.destroy());
  });
  return {
    server,
    install(next) {
      choice = createCertificateChoice(next.certificates);
      tls.setSecureContext({ ...defaultContext(next), ticketKeys: Buffer.from(next.ticketKeys, 'base64') });
    },
    installChallenges: (list) => challenges.install(list),
    cutHandshakes: () => handshakes.cut(),
  };
}

function defaultContext({ certificates }: TlsMaterial) {
  const [first] = certificates;
  return first === undefined ? PROTOCOL_OPTIONS : secureContextOptions(first);
}

/** Connections whose handshake goes on, by the address of the client. */
class Handshakes {
  private readonly sockets = new Map<string, Socket>();

  get count(): number {
    return this.sockets.size;
  }

  begin(raw: Socket): void {
    const key = addressOf(raw);
    this.sockets.set(key, raw);
    raw.once('close', () => {
      if (this.sockets.get(key) === raw) this.sockets.delete(key);
    });
  }

  cut(): void {
    for (const raw of this.sockets.values()) raw.destroy();
  }

  /** @returns the connection below the TLS one */
  end(socket: TLSSocket): Socket | undefined {
    const key = addressOf(socket);
    const raw = this.sockets.get(key);
    this.sockets.delete(key);
    return raw;
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}/${remotePort}`;
}

/** A TLS socket cannot be reset, only the one below it: an answer that is cut off must not look like one that ended. */
function makeResettable(socket: TLSSocket, raw: Socket | undefined): void {
  socket.resetAndDestroy = () => {
    raw?.resetAndDestroy();
    return socket;
  };
}

/** A counter's name for why a handshake failed: few of them, whatever clients send. */
function describeFailure({ code }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return 'timeout';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'client_gone';
    case 'ERR_SSL_HTTP_REQUEST':
      return 'plain_http';
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
    case 'ERR_SSL_VERSION_TOO_LOW':
      return 'old_protocol';
    case 'ERR_SSL_NO_SHARED_CIPHER':
      return 'no_shared_cipher';
    case 'ERR_SSL_NO_APPLICATION_PROTOCOL':
      return 'no_shared_protocol';
    default:
      return code?.includes('_ALERT_') ? 'refused_by_client' : 'other';
  }
}
