import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type Server } from 'node:tls';
import type { Challenge } from '#server/routing/gateway-link.ts';

/** Protocol that an ACME server names when it looks whether a name is ours (RFC 8737 section 3). */
const ACME_TLS = 'acme-tls/1';
/** A record with a ClientHello is no longer than this (RFC 8446 section 5.1), its own head included. */
const MAX_RECORD_BYTES = 5 + 16_384;
const HANDSHAKE_RECORD = 0x16;

/** Answers of this worker to TLS challenges of an ACME server. Only while there are any are first bytes of connections looked at. */
export class AlpnChallenges {
  private readonly contexts = new Map<string, SecureContext>();
  private readonly server: Server;
  private readonly timeoutMs: number;

  /** @param timeoutMs from the first byte of such a connection to its end */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.server = createServer({
      ALPNProtocols: [ACME_TLS],
      SNICallback: (name, callback) => {
        const context = this.contexts.get(name.toLowerCase());
        callback(context === undefined ? new Error('No challenge is open for this name.') : null, context);
      },
      handshakeTimeout: timeoutMs,
    });
    this.server.on('secureConnection', (socket) => {
      socket.on('error', () => socket.destroy());
      socket.setTimeout(timeoutMs, () => socket.destroy());
      // The certificate is all that the other side wants to see (RFC 8737 section 3).
      socket.end();
    });
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  get arePending(): boolean {
    return this.contexts.size > 0;
  }

  /** Answers these and no others. */
  install(challenges: readonly Challenge[]): void {
    this.contexts.clear();
    for (const challenge of challenges) {
      if (challenge.kind !== 'tls-alpn-01') continue;
      const { certificatePem, keyPem } = challenge;
      this.contexts.set(challenge.name, createSecureContext({ cert: certificatePem, key: keyPem }));
    }
  }

  /** Takes a fresh connection when it is an ACME server's, and hands every other one on untouched. */
  sort(raw: Socket, handOn: (raw: Socket) => void): void {
    let seen = Buffer.alloc(0);
    const settle = (): void => {
      raw.off('readable', onReadable);
      raw.setTimeout(0);
      raw.off('timeout', cut).off('error', cut).off('end', cut);
      if (seen.length > 0) raw.unshift(seen);
      if (seen.includes(ACME_TLS)) this.server.emit('connection', raw);
      else handOn(raw);
    };
    const cut = (): void => void raw.destroy();
    const onReadable = (): void => {
      const bytes = raw.read() as Buffer | null;
      if (bytes === null) return;
      seen = Buffer.concat([seen, bytes]);
      if (isWholeRecord(seen)) settle();
    };
    raw.setTimeout(this.timeoutMs);
    raw.on('timeout', cut).on('error', cut).on('end', cut);
    raw.on('readable', onReadable);
  }
}

/** Whether the first record is there, or what is there cannot become one. */
function isWholeRecord(bytes: Buffer): boolean {
  if (bytes[0] !== HANDSHAKE_RECORD || bytes.length >= MAX_RECORD_BYTES) return true;
  return bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3);
}
