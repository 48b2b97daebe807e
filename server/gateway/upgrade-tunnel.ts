import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';
import type { ClientTunnel } from './exchange-client.ts';
import { type FinishedRequest, REASON_NONE } from './record.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

/**
 * Carries bytes both ways after `101 Switching Protocols`, until both sides have ended, one is gone, nothing has moved for the idle time, or the tunnel
 * is too old. Each side may end before the other.
 */
class UpgradeTunnel implements ClientTunnel, UpstreamUser {
  private readonly exchange: Exchange;
  private readonly client: Socket;
  private readonly upstream: UpstreamConnection;
  private readonly onOver: () => void;
  private readonly startedAt = performance.now();
  private movedAt = this.startedAt;
  private over = false;

  constructor(exchange: Exchange, upstream: UpstreamConnection, onOver: () => void) {
    this.exchange = exchange;
    // Only a request that came alone on its connection may ask for an upgrade.
    this.client = exchange.client.socket as Socket;
    this.upstream = upstream;
    this.onOver = onOver;
  }

  onClientData(bytes: Buffer): void {
    this.movedAt = performance.now();
    this.exchange.bytesIn += bytes.length;
    if (!this.upstream.socket.write(bytes)) this.client.pause();
  }

  onClientEnd(): void {
    this.upstream.socket.end();
  }

  onClientDrain(): void {
    this.upstream.socket.resume();
  }

  onClientClosed(): void {
    this.end();
  }

  onUpstreamData(bytes: Buffer, end: number): void {
    this.movedAt = performance.now();
    this.exchange.bytesOut += end;
    if (!this.client.write(Buffer.from(bytes.subarray(0, end)))) this.upstream.socket.pause();
  }

  onUpstreamEnd(): void {
    this.client.end();
  }

  onUpstreamClosed(): void {
    this.end();
  }

  onUpstreamDrain(): void {
    this.client.resume();
  }

  // A tunnel starts on a connection that has answered: these two cannot come any more.
  onUpstreamReady(): void {}
  onConnectFailed(): void {
    this.end();
  }

  sweep(now: number): void {
    const { settings, counters } = this.exchange.core;
    if (this.exchange.hasLapsed()) return this.end('unauthorized');
    const idle = now - this.movedAt > settings.tunnelIdleTimeoutMs;
    if (!idle && now - this.startedAt <= settings.tunnelMaxAgeMs) return;
    counters.increment(idle ? 'timeout.tunnel_idle' : 'timeout.tunnel_age');
    this.end();
  }

  private end(reason: FinishedRequest['reason'] = REASON_NONE): void {
    if (this.over) return;
    this.over = true;
    this.upstream.destroy();
    this.client.destroySoon();
    this.onOver();
    this.exchange.finish(101, reason);
  }
}

/**
 * Turns an exchange whose model has switched protocols into a tunnel.
 * @param early bytes that the model sent behind its answer
 * @param onOver called once, when the slot is free again
 */
export function openTunnel(exchange: Exchange, upstream: UpstreamConnection, early: Buffer, onOver: () => void): void {
  const tunnel = new UpgradeTunnel(exchange, upstream, onOver);
  upstream.user = tunnel;
  exchange.client.switchTo(tunnel);
  if (early.length > 0) tunnel.onUpstreamData(early, early.length);
}
