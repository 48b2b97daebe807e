import type { Counters } from './counters.ts';
import type { DeadlineSweeper, Sweepable } from './deadline-sweeper.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { BodyReader, type BodySink } from './http1/body-reader.ts';
import type { ByteWriter } from './http1/byte-writer.ts';
import { NEED_MORE, REFUSED } from './http1/field-table.ts';
import { BODY_NONE, BODY_UNTIL_CLOSE } from './http1/message-framing.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { ResponseHead } from './http1/response-head.ts';
import type { Instance } from './instance.ts';
import type { SlotWaiter } from './instance-pool.ts';
import type { RouteMatch } from './match-route.ts';
import type { ComparedRequest, CopyCapture, MirrorComparer } from './mirror-comparer.ts';
import type { FinishedRequest, RequestRecorder } from './record.ts';
import type { Place } from './roster.ts';
import type { DeploymentRoute, EndpointRoute } from './route-index.ts';
import type { Upstream, UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import { upstreamHeadBound, writeUpstreamHead } from './upstream-request.ts';

/** What a copy is made from. */
export interface MirroredRequest extends RouteMatch {
  /** Must stay as it is until the last copy has ended. */
  readonly head: RequestHead;
  readonly connectionLines: Buffer;
  readonly endpoint: EndpointRoute | null;
  readonly deployment: DeploymentRoute | null;
  readonly requestId: string;
  readonly consumerId: string;
  readonly isGrpc: boolean;
}

/** What copies share with the rest of the worker. */
export interface MirrorEnvironment {
  readonly settings: GatewaySettings;
  readonly writer: ByteWriter;
  readonly counters: Counters;
  readonly sweeper: DeadlineSweeper;
  readonly recorder: RequestRecorder;
  readonly responseHead: ResponseHead;
  readonly comparer: MirrorComparer;
}

/** A request that is to be copied, while its body arrives. */
export interface MirrorCopy {
  readonly request: MirroredRequest;
  readonly targets: readonly DeploymentRoute[];
  /** Null where the answers are not compared. */
  readonly comparison: ComparedRequest | null;
  readonly pieces: Buffer[];
  bytes: number;
  tooLarge: boolean;
  add(bytes: Buffer, start: number, end: number): void;
}

/**
 * Sends copies of live requests to mirror deployments and throws the answers away, once they have been compared where that is asked for. The live request never waits for a copy and is never changed
 * by one: copies have a body cap, a limit on how many are under way, the deadline of their deployment, and are dropped and counted
 * under any pressure.
 */
export class MirrorSender {
  private readonly environment: MirrorEnvironment;
  private underWay = 0;

  constructor(environment: MirrorEnvironment) {
    this.environment = environment;
  }

  /** Decides whether a request is copied; each mirror deployment counts its own share. */
  startCopy(request: MirroredRequest): MirrorCopy | null {
    const mirrors = request.endpoint?.mirrors ?? [];
    if (mirrors.length === 0) return null;
    const targets = mirrors.filter((target) => target !== request.deployment && target.mirror?.next() === true);
    if (targets.length === 0) return null;
    const limit = this.environment.settings.mirrorBodyBytes;
    return {
      request,
      targets,
      comparison: this.environment.comparer.begin(request),
      pieces: [],
      bytes: 0,
      tooLarge: false,
      add(bytes, start, end) {
        this.bytes += end - start;
        this.tooLarge ||= this.bytes > limit;
        if (this.tooLarge) this.pieces.length = 0;
        else this.pieces.push(bytes.subarray(start, end));
      },
    };
  }

  /** Sends a copy whose body is complete. */
  send(copy: MirrorCopy): void {
    const { counters, settings } = this.environment;
    for (const target of copy.targets) {
      if (copy.tooLarge) counters.increment('mirror.dropped_too_large');
      else if (this.underWay >= settings.mirrorConcurrency) counters.increment('mirror.dropped_busy');
      else this.sendTo(target, copy);
    }
  }

  private sendTo(target: DeploymentRoute, copy: MirrorCopy): void {
    this.underWay += 1;
    const mirrored = new MirroredCall(this.environment, target, copy, () => {
      this.underWay -= 1;
    });
    mirrored.start();
  }
}

/** One copy on its way to one mirror deployment. */
class MirroredCall implements SlotWaiter, UpstreamUser, BodySink, Sweepable {
  private readonly environment: MirrorEnvironment;
  private readonly target: DeploymentRoute;
  private readonly copy: MirrorCopy;
  private readonly onOver: () => void;
  private readonly body = new BodyReader();
  private readonly comparison: CopyCapture | null;
  private held: Buffer | null = null;
  private headDone = false;
  private persistent = false;
  private instance: Instance | null = null;
  private upstream: Upstream | null = null;
  private readonly startedAt = performance.now();
  private sentAt = 0;
  private modelMs = 0;
  private status = 0;
  private bytesOut = 0;
  private readonly deadlineAt: number;
  private swept: Place<Sweepable> | null = null;
  private over = false;

  constructor(environment: MirrorEnvironment, target: DeploymentRoute, copy: MirrorCopy, onOver: () => void) {
    this.environment = environment;
    this.target = target;
    this.copy = copy;
    this.onOver = onOver;
    this.comparison = copy.comparison?.startCopy(target.name, copy.pieces, copy.bytes) ?? null;
    this.deadlineAt = this.startedAt + target.table.requestTimeoutMs;
  }

  start(): void {
    this.swept = this.environment.sweeper.add(this);
    const slot = this.isOut ? 'no_instance' : this.target.pool.acquire(this, null, this.startedAt);
    if (slot === 'no_instance' || slot === 'queue_full') this.end(slot);
    else if (slot !== null) this.onSlot(slot);
  }

  /** Live requests try instances that are out where there is no other; a copy is not worth a connection that will fail. */
  private get isOut(): boolean {
    const { all } = this.target.pool;
    return all.length > 0 && all.every(({ health }) => !health.isAvailable(this.startedAt));
  }

  onSlot(instance: Instance): void {
    this.instance = instance;
    this.upstream = this.copy.request.isGrpc
      ? instance.openStream(this)
      : instance.takeConnection(this, false, performance.now());
    if (this.upstream.connected) this.onUpstreamReady();
  }

  onPoolEmpty(): void {
    this.end('no_instance');
  }

  onQueueFull(): void {
    this.end('queue_full');
  }

  onUpstreamReady(): void {
    const { writer } = this.environment;
    const { request, pieces, bytes } = this.copy;
    const { socket } = this.upstream as Upstream;
    const message = {
      head: request.head,
      match: request,
      requestId: request.requestId,
      consumerId: request.consumerId,
      target: (this.instance as Instance).target,
      connectionLines: request.connectionLines,
      expectContinue: false,
      upgrade: false,
      mirrored: true,
      // The whole body is here, however it came.
      bodyLength: request.head.bodyKind === BODY_NONE ? -1 : bytes,
    };
    this.sentAt = performance.now();
    writer.begin(upstreamHeadBound(message));
    writeUpstreamHead(writer, message);
    socket.cork();
    socket.write(writer.take());
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  onConnectFailed(): void {
    if (this.instance?.health.onFailure(performance.now()) === true) this.environment.counters.increment('ejections');
    this.end('connect_failed');
  }

  onUpstreamData(bytes: Buffer, end: number): void {
    if (this.modelMs === 0) this.modelMs = performance.now() - this.sentAt;
    this.bytesOut += end;
    const piece = bytes.subarray(0, end);
    if (this.headDone) this.readBody(piece, 0);
    else this.readHead(this.held === null ? piece : Buffer.concat([this.held, piece]));
  }

  onUpstreamEnd(): void {
    if (this.headDone && this.body.kind === BODY_UNTIL_CLOSE) this.end(null);
    else this.end('upstream_closed');
  }

  onUpstreamClosed(): void {
    this.end('upstream_closed');
  }

  onUpstreamDrain(): void {}

  onBodyData(bytes: Buffer, start: number, end: number): void {
    this.comparison?.capture.add(bytes, start, end);
  }

  sweep(now: number): void {
    if (this.deadlineAt <= now) this.end('model_timeout');
  }

  private readHead(bytes: Buffer): void {
    const { responseHead } = this.environment;
    this.held = null;
    let p = 0;
    for (;;) {
      const next = responseHead.parse(bytes, p, bytes.length, this.copy.request.head.method === 'HEAD');
      if (next === NEED_MORE) {
        this.held = Buffer.from(bytes.subarray(p));
        return;
      }
      if (next === REFUSED || responseHead.status === 101) return this.end('bad_response');
      p = next;
      if (responseHead.status < 200) continue;
      this.headDone = true;
      this.status = responseHead.status;
      this.persistent = responseHead.persistent;
      this.comparison?.capture.onHead(responseHead);
      this.body.start(responseHead.bodyKind, responseHead.contentLength);
      return this.readBody(bytes, p);
    }
  }

  private readBody(bytes: Buffer, start: number): void {
    const next = this.body.read(bytes, start, bytes.length, this);
    if (next === REFUSED) return this.end('bad_response');
    if (!this.body.done) return;
    const { upstream, instance } = this;
    if (this.persistent && next === bytes.length && upstream !== null) {
      // A stream never says that it is reusable.
      instance?.giveBack(upstream as UpstreamConnection, performance.now());
      this.upstream = null;
    }
    this.end(null);
  }

  /** @param failure why there is no whole answer, null when there is one */
  private end(failure: FinishedRequest['reason'] | null): void {
    if (this.over) return;
    this.over = true;
    const { counters, recorder, sweeper } = this.environment;
    if (this.swept !== null) sweeper.delete(this.swept);
    this.target.pool.leave(this);
    this.upstream?.destroy();
    if (this.instance !== null) {
      if (failure === null) this.instance.health.onSuccess();
      else this.instance.health.onNeutral();
      this.target.pool.release(this.instance, failure === null ? performance.now() - this.sentAt : null);
    }
    counters.increment(failure === null ? 'mirror.answered' : `mirror.failed_${failure}`);
    const status = this.status === 0 ? statusOfFailure(failure) : this.status;
    recorder.record({ ...this.account(), status, reason: failure ?? 'none' });
    this.comparison?.end(failure === null, this.modelMs);
    this.onOver();
  }

  private account(): Omit<FinishedRequest, 'status' | 'reason'> {
    return {
      endpoint: this.copy.request.endpoint,
      deployment: this.target,
      instanceId: this.instance?.id ?? '',
      startedAt: this.startedAt,
      queueMs: 0,
      modelMs: this.modelMs,
      bytesIn: this.copy.bytes,
      bytesOut: this.bytesOut,
      mirrored: true,
      pinned: false,
      retried: false,
    };
  }
}

/** What a live request would have been answered in the same case. */
function statusOfFailure(failure: FinishedRequest['reason'] | null): number {
  if (failure === 'no_instance') return 503;
  if (failure === 'queue_full') return 429;
  return failure === 'model_timeout' ? 504 : 502;
}
