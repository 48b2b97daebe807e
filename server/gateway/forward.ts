import { NEVER } from './deadline-sweeper.ts';
import type { Exchange } from './exchange.ts';
import { ANSWERS, type GatewayAnswer, gatewayAnswer, jitteredRetryAfter } from './gateway-answer.ts';
import { fieldId } from './http1/field-names.ts';
import { BODY_CHUNKED } from './http1/message-framing.ts';
import type { ResponseHead } from './http1/response-head.ts';
import type { Instance } from './instance.ts';
import type { SlotWaiter } from './instance-pool.ts';
import { NO_HTTP2 } from './http2/upstream-sessions.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { ownShortage } from './own-shortage.ts';
import { ResponseRelay } from './relay-response.ts';
import { type DeploymentRoute, earnRetry, type EndpointRoute } from './route-index.ts';
import { openTunnel } from './upgrade-tunnel.ts';
import type { Upstream, UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import type { UpstreamRequest } from './upstream-request.ts';

const MAX_ATTEMPTS = 2;
/** A sole instance that refuses a connection has most likely just ended: by then the table says that another is on its way. */
const PAUSE_MS = 150;
const KEEP_ALIVE = fieldId('keep-alive');

/** Methods whose repetition has no further effect (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

type Phase = 'reading' | 'queued' | 'connecting' | 'pausing' | 'sent' | 'relaying' | 'done';

/**
 * A request's way to an instance of its deployment and the answer's way back: slot, connection, head and body, retry. Holds at most one slot and one
 * connection at a time and gives both back exactly once.
 */
export class Forward implements UpstreamUser, SlotWaiter {
  private readonly exchange: Exchange;
  private chosen: DeploymentRoute | null = null;
  private readonly relay: ResponseRelay;
  private phase: Phase = 'reading';
  private instance: Instance | null = null;
  private upstream: Upstream | null = null;
  /** The connection had carried a request before, so the server may be closing it. */
  private reused = false;
  private attempts = 0;
  private readonly body: OutgoingBody;
  /** A second attempt would have no effect that one alone has not, and the whole body so far is held. */
  private repeatable: boolean;
  private requestComplete = false;
  private awaitsContinue = false;
  private queuedAt = 0;
  private sentAt = 0;
  private deadlineAt = NEVER;
  /** How long nothing may move once the answer has begun. A call of gRPC may be a conversation, with its pauses. */
  private readonly idleLimitMs: number;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.relay = new ResponseRelay(exchange, this);
    this.body = new OutgoingBody(exchange.core.writer, exchange.head.bodyKind === BODY_CHUNKED);
    this.repeatable =
      IDEMPOTENT.has(exchange.head.method) || (exchange.endpoint as EndpointRoute).table.idempotentPredictions;
    this.requestComplete = exchange.client.requestComplete;
    const { streamIdleTimeoutMs, tunnelIdleTimeoutMs } = exchange.core.settings;
    this.idleLimitMs = exchange.client.isGrpc ? tunnelIdleTimeoutMs : streamIdleTimeoutMs;
    earnRetry((exchange.endpoint as EndpointRoute).state);
  }

  get responseStarted(): boolean {
    return this.phase === 'relaying';
  }

  /** What of the body has come and not been sent. */
  get heldBody(): readonly Buffer[] {
    return this.body.pieces;
  }

  start(deployment: DeploymentRoute): void {
    this.chosen = deployment;
    this.acquire(null);
  }

  private get deployment(): DeploymentRoute {
    return this.chosen as DeploymentRoute;
  }

  // From the client.

  /** @returns whether the octets have been passed on and are kept nowhere */
  onRequestData(bytes: Buffer, start: number, end: number): boolean {
    const { settings } = this.exchange.core;
    if (this.phase !== 'sent' && this.phase !== 'relaying') {
      this.body.keep(bytes, start, end);
      if (this.body.heldBytes >= settings.bodyBufferBytes) this.exchange.client.pauseReading();
      return false;
    }
    if (this.repeatable) {
      if (this.body.heldBytes + end - start <= settings.bodyBufferBytes) this.body.keep(bytes, start, end);
      else this.forgetBody();
    }
    this.awaitsContinue = false;
    this.touch();
    const upstream = this.upstream as Upstream;
    if (!this.body.send(upstream.socket, bytes, start, end)) this.exchange.client.pauseReading();
    return !this.repeatable && upstream.hasTakenAll;
  }

  onRequestComplete(): void {
    this.requestComplete = true;
    if (this.phase !== 'sent' && this.phase !== 'relaying') return;
    this.body.sendEnd((this.upstream as Upstream).socket);
    this.sentAt = performance.now();
    if (this.phase === 'sent') this.awaitResponse(this.sentAt);
  }

  onClientDrain(): void {
    if (this.phase !== 'relaying') return;
    this.touch();
    this.upstream?.socket.resume();
  }

  /** The exchange has ended without a whole answer: everything is given back, and the instance sees its request cut. */
  abandon(): void {
    if (this.phase === 'queued') this.deployment.pool.leave(this);
    this.finish(null);
  }

  sweep(now: number): void {
    if (this.deadlineAt > now) return;
    this.deadlineAt = NEVER;
    if (this.phase === 'queued') this.onQueueTimeout();
    else if (this.phase === 'connecting') this.onConnectTimeout();
    else if (this.phase === 'pausing') this.acquire(null);
    else if (this.phase === 'relaying') this.onStreamIdle();
    else if (this.awaitsContinue) this.onContinueTimeout();
    else if (this.phase === 'sent') this.onModelTimeout();
  }

  // From the pool.

  onSlot(instance: Instance): void {
    const now = performance.now();
    this.exchange.queueMs += now - this.queuedAt;
    this.connect(instance, now);
  }

  onPoolEmpty(): void {
    this.fail(this.noInstance());
  }

  onQueueFull(): void {
    this.fail(queueFull());
  }

  // From the connection to the instance.

  onUpstreamReady(): void {
    this.sendOn(performance.now());
  }

  onConnectFailed(error: Error): void {
    this.upstream = null;
    const reason = (error as NodeJS.ErrnoException).code ?? error.message;
    const shortage = ownShortage(reason);
    if (shortage !== null) {
      this.exchange.core.counters.increment(`shortage.${reason}`);
      return this.fail(shortage);
    }
    // It serves others: that is no failure of the instance, and no other one will do better.
    if (reason === NO_HTTP2) return this.fail(ANSWERS.noHttp2);
    this.reportFailure('connect_failed', reason);
    this.retryOr(ANSWERS.upstreamUnreachable, true);
  }

  onUpstreamData(bytes: Buffer, end: number): void {
    if (this.exchange.modelMs === 0) this.exchange.modelMs = performance.now() - this.sentAt;
    this.relay.onData(bytes, end);
  }

  onUpstreamEnd(): void {
    if (this.phase === 'relaying') this.relay.onEnd();
    else this.onClosedEarly('the model ended the connection');
  }

  onUpstreamClosed(error: Error | null): void {
    this.upstream = null;
    if (this.phase === 'relaying') this.relay.onClosed();
    else this.onClosedEarly(error?.message ?? 'the model closed the connection');
  }

  onUpstreamDrain(): void {
    this.touch();
    if (!this.requestComplete) this.exchange.client.resumeReading();
  }

  // From the relay of the answer.

  /** The head of the final answer is there. */
  onResponseStarted(): void {
    this.phase = 'relaying';
    this.awaitsContinue = false;
    this.forgetBody();
    this.touch();
    if (this.instance?.health.onSuccess() === true) this.reportReadmission(this.instance);
  }

  /** Learns how long the server keeps idle connections, from the first answer that it gives on this one. */
  noteKeepAlive(head: ResponseHead): void {
    const { upstream } = this;
    if (upstream === null || upstream.served > 0) return;
    const seconds = /timeout=(\d{1,6})/i.exec(head.fields.valueOf(KEEP_ALIVE) ?? '')?.[1];
    if (seconds !== undefined) upstream.announcedIdleMs = Math.max(0, (Number(seconds) - 1) * 1000);
  }

  onContinue(): void {
    this.awaitsContinue = false;
    this.awaitResponse(performance.now());
  }

  /** Bytes have moved in either direction. */
  touch(): void {
    if (this.phase === 'relaying') this.deadlineAt = this.exchange.core.sweeper.now + this.idleLimitMs;
  }

  pauseUpstream(): void {
    this.upstream?.socket.pause();
  }

  /** The answer is complete. @param reusable whether another request may follow on the connection */
  onResponseComplete(reusable: boolean): void {
    // A stream never says that it is reusable.
    this.finish(reusable && this.requestComplete ? (this.upstream as UpstreamConnection) : null);
  }

  /** The answer breaks a rule of HTTP. */
  onBadResponse(kind: string): void {
    this.exchange.core.counters.increment(`protocol_error.response.${kind}`);
    this.reportFailure('bad_response', kind);
    this.fail(ANSWERS.badResponse);
  }

  /** Hands the connection to a tunnel after `101 Switching Protocols`. */
  switchProtocols(early: Buffer): void {
    const { upstream, instance } = this;
    if (upstream === null || instance === null) return;
    this.phase = 'done';
    this.upstream = null;
    this.instance = null;
    openTunnel(this.exchange, upstream as UpstreamConnection, early, () =>
      this.deployment.pool.release(instance, null),
    );
  }

  private acquire(avoid: Instance | null): void {
    const now = performance.now();
    this.attempts += 1;
    this.queuedAt = now;
    const slot = this.deployment.pool.acquire(this, avoid, now);
    if (slot === null) {
      this.waitForSlot(now);
    } else if (slot === 'no_instance') {
      this.fail(this.noInstance());
    } else if (slot === 'queue_full') {
      this.fail(queueFull());
    } else {
      this.connect(slot, now);
    }
  }

  private waitForSlot(now: number): void {
    const { pool, table } = this.deployment;
    const { core } = this.exchange;
    this.phase = 'queued';
    this.deadlineAt = now + (pool.isCold ? core.settings.coldHoldMs : table.maxQueueWaitMs);
    if (!pool.isCold) return;
    core.counters.increment('cold_waits');
    core.onNoInstance(pool.endpoint);
  }

  private connect(instance: Instance, now: number): void {
    this.instance = instance;
    this.exchange.instanceId = instance.id;
    this.phase = 'connecting';
    this.deadlineAt = now + this.exchange.core.settings.connectTimeoutMs;
    const upstream = this.openUpstream(instance, now);
    this.upstream = upstream;
    this.reused = upstream.served > 0;
    if (upstream.connected) this.sendOn(now);
  }

  private openUpstream(instance: Instance, now: number): Upstream {
    if (this.exchange.client.isGrpc) return instance.openStream(this);
    // A second attempt never takes a connection that may be closing as the first one's was.
    return this.attempts > 1 ? instance.openConnection(this) : instance.takeConnection(this, this.repeatable, now);
  }

  private sendOn(now: number): void {
    this.phase = 'sent';
    this.sentAt = now;
    this.awaitsContinue = this.exchange.head.expectsContinue && this.body.heldBytes === 0 && !this.requestComplete;
    this.sendRequest();
    this.awaitResponse(now);
  }

  private sendRequest(): void {
    const upstream = this.upstream as Upstream;
    this.body.sendWithHead(upstream, this.describeRequest(), this.requestComplete);
    if (!this.repeatable || this.body.heldBytes > this.exchange.core.settings.bodyBufferBytes) this.forgetBody();
    if (!this.requestComplete && !upstream.socket.writableNeedDrain) this.exchange.client.resumeReading();
  }

  private describeRequest(): UpstreamRequest {
    const { exchange } = this;
    return {
      head: exchange.head,
      match: exchange,
      requestId: exchange.requestId,
      consumerId: exchange.consumerId,
      target: (this.instance as Instance).target,
      connectionLines: exchange.connectionLines,
      expectContinue: this.awaitsContinue,
      upgrade: exchange.upgrade,
      mirrored: false,
      bodyLength: -1,
    };
  }

  private forgetBody(): void {
    this.repeatable = false;
    this.body.forget();
  }

  /** Starts the clock of the model: it runs from the last byte of the request, which the client may send slowly. */
  private awaitResponse(now: number): void {
    if (this.phase !== 'sent') return;
    if (this.awaitsContinue) this.deadlineAt = now + this.exchange.core.settings.continueTimeoutMs;
    else this.deadlineAt = this.requestComplete ? now + this.deployment.table.requestTimeoutMs : NEVER;
  }

  private onQueueTimeout(): void {
    this.exchange.queueMs = performance.now() - this.queuedAt;
    const { pool } = this.deployment;
    pool.leave(this);
    if (pool.size === 0) return this.fail(this.noInstance());
    this.fail(
      gatewayAnswer('gateway.queue_timeout', 'queue_timeout', 'No instance became free in time (max_queue_wait_ms).', {
        retryAfterSeconds: jitteredRetryAfter(),
      }),
    );
  }

  private onConnectTimeout(): void {
    this.upstream?.destroy();
    this.upstream = null;
    this.reportFailure('connect_timeout', 'ETIMEDOUT');
    this.retryOr(ANSWERS.connectTimeout, true);
  }

  /** The model says nothing to `Expect`: the body is asked for on its behalf. */
  private onContinueTimeout(): void {
    this.awaitsContinue = false;
    this.exchange.client.write('HTTP/1.1 100 Continue\r\n\r\n');
    this.awaitResponse(performance.now());
  }

  private onModelTimeout(): void {
    const { requestTimeoutMs } = this.deployment.table;
    this.reportFailure('model_timeout', `no answer within ${requestTimeoutMs} ms`);
    this.fail(
      gatewayAnswer(
        'model.timeout',
        'model_timeout',
        `The model sent no answer within ${requestTimeoutMs} ms (request_settings.request_timeout_ms).`,
        (this.exchange.endpoint as EndpointRoute).table.mapModelErrors ? { status: 408 } : {},
      ),
    );
  }

  private onStreamIdle(): void {
    this.exchange.core.counters.increment('timeout.stream_idle');
    this.relay.cut('upstream_closed');
  }

  /** The connection ended before the answer began. */
  private onClosedEarly(reason: string): void {
    if (this.phase === 'done') return;
    this.upstream?.destroy();
    this.upstream = null;
    const raced = this.reused && !this.relay.hasBytes;
    if (!raced) this.reportFailure('upstream_closed', reason);
    this.retryOr(ANSWERS.upstreamClosed, this.repeatable && !this.relay.hasBytes);
  }

  /** Tries once more where that cannot do harm (RFC 9110 section 9.2.2) and the endpoint's budget allows it; else answers. */
  private retryOr(answer: GatewayAnswer, harmless: boolean): void {
    const failed = this.instance;
    if (failed !== null) this.deployment.pool.release(failed, null);
    this.instance = null;
    const { counters } = this.exchange.core;
    const { retries } = (this.exchange.endpoint as EndpointRoute).state;
    const now = performance.now();
    if (!harmless || this.attempts >= MAX_ATTEMPTS || !retries.tryTake(now)) return this.fail(answer);
    counters.increment('retries');
    this.exchange.retried = true;
    if (this.deployment.pool.size > 1) return this.acquire(failed);
    if (this.phase !== 'connecting') return this.acquire(null);
    this.phase = 'pausing';
    this.deadlineAt = now + PAUSE_MS;
  }

  private reportFailure(kind: string, reason: string): void {
    const { instance, exchange } = this;
    if (instance === null) return;
    const { core } = exchange;
    core.counters.increment(`upstream.${kind}`);
    const now = performance.now();
    if (instance.health.onFailure(now)) {
      core.counters.increment('ejections');
      const untilMs = Date.now() + instance.health.ejectedUntil - now;
      core.onEjection({ instance: instance.id, ejection: { reason: `${kind}: ${reason}`, untilMs } });
    }
    if (kind === 'connect_failed' || kind === 'connect_timeout') {
      core.onInstanceFailing(this.deployment.pool.endpoint, this.deployment.name, instance.id, reason);
    }
  }

  private reportReadmission(instance: Instance): void {
    const { core } = this.exchange;
    core.counters.increment('readmissions');
    core.onEjection({ instance: instance.id, ejection: null });
  }

  private noInstance(): GatewayAnswer {
    this.exchange.core.onNoInstance(this.deployment.pool.endpoint);
    return gatewayAnswer(
      'gateway.no_ready_instance',
      'no_instance',
      `No instance of deployment "${this.deployment.name}" is ready.`,
      { retryAfterSeconds: jitteredRetryAfter() },
    );
  }

  private fail(answer: GatewayAnswer): void {
    if (answer.reason === 'queue_full' || answer.reason === 'queue_timeout') {
      this.exchange.core.counters.increment(`shed.${answer.reason}`);
    }
    this.finish(null);
    this.exchange.answer(answer);
  }

  /** Gives back slot and connection. @param reusable the connection, if another request may follow on it */
  private finish(reusable: UpstreamConnection | null): void {
    const { instance, upstream } = this;
    const answered = this.phase === 'relaying';
    this.phase = 'done';
    this.deadlineAt = NEVER;
    this.instance = null;
    this.upstream = null;
    this.forgetBody();
    const now = performance.now();
    if (upstream !== null) {
      if (reusable !== null && instance !== null) instance.giveBack(reusable, now);
      else upstream.destroy();
    }
    if (instance === null) return;
    if (!answered) instance.health.onNeutral();
    this.deployment.pool.release(instance, answered ? now - this.sentAt : null);
  }
}

function queueFull(): GatewayAnswer {
  return gatewayAnswer('gateway.queue_full', 'queue_full', 'Too many requests already wait for this deployment.', {
    retryAfterSeconds: jitteredRetryAfter(),
  });
}
