import { randomUUID } from 'node:crypto';
import { bodyTooLarge, refusalOf } from './admit.ts';
import { chooseDeployment } from './choose-deployment.ts';
import { type ClientResponse, formatOwnHead } from './client-response.ts';
import { type Credential, CredentialWatch } from './credential-watch.ts';
import type { ExchangeClient } from './exchange-client.ts';
import { Forward } from './forward.ts';
import { type GatewayAnswer, statusOf } from './gateway-answer.ts';
import type { GatewayCore } from './gateway-core.ts';
import { type Decision, decideRequest } from './handle-request.ts';
import type { RequestHead } from './http1/request-head.ts';
import { limitAccount, type LimitVerdict } from './limit-keeper.ts';
import type { RouteMatch } from './match-route.ts';
import type { MirrorCopy } from './mirror.ts';
import type { ComparedRequest } from './mirror-comparer.ts';
import { type FinishedRequest, REASON_CLIENT_GONE, REASON_NONE } from './record.ts';
import type { DeploymentRoute, EndpointRoute } from './route-index.ts';
import { linesThroughForwarder } from './trusted-forwarders.ts';

/** Status in the records for a client that left before its answer was complete. */
const STATUS_CLIENT_GONE = 499;

/**
 * One request and its answer: what was decided about it, the way of its body, and what goes into its record. Ends exactly once: with an answer of
 * the gateway, with the model's, or with the client's leaving.
 */
export class Exchange implements RouteMatch, ClientResponse, FinishedRequest {
  readonly core: GatewayCore;
  readonly client: ExchangeClient;
  readonly head: RequestHead;
  readonly requestId = randomUUID();
  clientRequestId: string | null = null;
  corsOrigin: string | null = null;
  connection: 'close' | 'keep-alive' | null = null;
  endpoint: EndpointRoute | null = null;
  deployment: DeploymentRoute | null = null;
  instanceId = '';
  consumerId = '';
  credential: Credential | null = null;
  forwardStart = 0;
  needsSlash = false;
  bodyLimit = Infinity;
  /** The request asks for WebSocket and may have it. */
  upgrade = false;
  isDone = false;

  readonly startedAt: number;
  queueMs = 0;
  modelMs = 0;
  status = 0;
  reason = REASON_NONE;
  bytesIn = 0;
  bytesOut = 0;
  /** Marks copies; a live request is never one. */
  readonly mirrored = false;
  pinned = false;
  retried = false;

  /** Keeps the answer where it is compared with a mirror's. */
  comparison: ComparedRequest | null = null;

  /** Made with the first look, which short answers never see. */
  private watch: CredentialWatch | null = null;
  private lapsedAt: number | null = null;
  private decision: Decision | null = null;
  private forward: Forward | null = null;
  private mirror: MirrorCopy | null = null;
  private admitted = false;
  private countedByGate = false;
  private bodyBytes = 0;
  private released = false;
  private copied = false;

  constructor(core: GatewayCore, client: ExchangeClient, head: RequestHead, startedAt: number) {
    this.core = core;
    this.client = client;
    this.head = head;
    this.startedAt = startedAt;
  }

  /** Decides what becomes of the request, from its head alone. */
  decide(): void {
    this.bytesIn = this.head.end + this.head.fields.byteLength;
    this.decision = decideRequest(this.core, this);
    if (this.decision.kind === 'forward') this.forward = new Forward(this);
  }

  /** Carries out the decision; what of the body came with the head has been taken. */
  start(): void {
    const { decision, endpoint } = this;
    if (this.isDone || decision === null) return;
    if (decision.kind === 'answer') return this.answer(decision.answer);
    if (decision.kind === 'preflight') return this.answerOwn(204, decision.lines, '', 'preflight');
    if (decision.kind === 'challenge') return this.answerChallenge(decision.text);
    if (endpoint?.isLimited !== true) return this.onAdmitted();
    this.core.limits.ask(this.limitAccount, (verdict) => this.onVerdict(verdict));
  }

  private onVerdict(verdict: LimitVerdict): void {
    const endpoint = this.endpoint as EndpointRoute;
    this.countedByGate = verdict.kind === 'admitted';
    if (this.isDone) return this.endCount();
    const refusal = refusalOf(endpoint, verdict);
    if (refusal === null) return this.onAdmitted();
    this.core.counters.increment(`shed.${refusal.reason}`);
    this.answer(refusal);
  }

  private onAdmitted(): void {
    const endpoint = this.endpoint as EndpointRoute;
    const forward = this.forward as Forward;
    this.admitted = true;
    endpoint.state.inFlight += 1;
    const chosen = chooseDeployment(endpoint, this.head);
    if ('code' in chosen) return this.answer(chosen);
    this.deployment = chosen;
    if (endpoint.mirrors.length > 0 && !this.pinned && !this.upgrade) this.startMirror(forward);
    forward.start(chosen);
  }

  private startMirror(forward: Forward): void {
    const copy = this.core.mirror.startCopy(this);
    if (copy === null) return;
    this.copied = true;
    this.comparison = copy.comparison;
    for (const piece of forward.heldBody) copy.add(piece, 0, piece.length);
    if (this.client.requestComplete) this.core.mirror.send(copy);
    else this.mirror = copy;
  }

  /** @returns whether the octets have been passed on and are kept nowhere */
  onRequestData(bytes: Buffer, start: number, end: number): boolean {
    this.bytesIn += end - start;
    this.bodyBytes += end - start;
    if (this.isDone || this.forward === null) return false;
    if (this.bodyBytes > this.bodyLimit) {
      this.onRequestFault(bodyTooLarge(this.bodyLimit));
      return false;
    }
    this.mirror?.add(bytes, start, end);
    return this.forward.onRequestData(bytes, start, end) && this.mirror === null;
  }

  onRequestComplete(): void {
    if (this.isDone || this.forward === null) return;
    if (this.mirror !== null) this.core.mirror.send(this.mirror);
    this.forward.onRequestComplete();
  }

  /** The rest of the request cannot be used: malformed, too large or too slow. */
  onRequestFault(answer: GatewayAnswer): void {
    if (this.isDone) return this.client.closeGracefully();
    if (this.forward?.responseStarted === true) return this.cut(answer.reason);
    this.answerAndClose(answer);
  }

  /** Answers by the gateway itself; the connection goes on where the request's end is in sight. */
  answer(answer: GatewayAnswer): void {
    const mayStay = answer.closes !== true && !this.head.expectsContinue;
    const keepAlive = mayStay && this.mayKeepAlive() && this.client.restIsSmall;
    this.finishWith(answer, keepAlive);
  }

  answerAndClose(answer: GatewayAnswer): void {
    this.finishWith(answer, false);
  }

  /** Whether the connection can carry another request once this one is answered in full. */
  mayKeepAlive(): boolean {
    return this.head.persistent && !this.core.draining && !this.client.ended;
  }

  /** The model's answer has gone out in full. */
  finishForwarded(status: number, keepAlive: boolean): void {
    this.finish(status, REASON_NONE);
    this.client.onResponseDone(keepAlive);
  }

  /** The answer cannot be completed: the client must see that it is not whole. */
  cut(reason: FinishedRequest['reason'], endsWithConnection = false): void {
    this.forward?.abandon();
    this.finish(this.status, reason);
    this.client.cut(endsWithConnection);
  }

  onClientGone(): void {
    if (this.isDone) return;
    this.core.counters.increment('client_gone');
    this.forward?.abandon();
    this.finish(STATUS_CLIENT_GONE, REASON_CLIENT_GONE);
  }

  onClientDrain(): void {
    this.forward?.onClientDrain();
  }

  sweep(now: number): void {
    if (this.isDone || this.forward === null) return;
    this.forward.sweep(now);
    if (!this.forward.responseStarted || !this.hasLapsed()) return;
    if (this.lapsedAt === null) this.lapsedAt = now;
    else if (now - this.lapsedAt >= this.core.settings.lapsedGraceMs) this.cut('unauthorized');
  }

  /** What opened the endpoint would not open it any more: an answer that is still going out has to end. */
  hasLapsed(): boolean {
    if (this.credential === null) return false;
    const { name } = this.endpoint as EndpointRoute;
    this.watch ??= new CredentialWatch(this.core.routes, name, this.credential);
    if (!this.watch.hasLapsed(Date.now())) return false;
    if (this.lapsedAt === null) this.core.counters.increment('lapsed_credentials');
    return true;
  }

  /** Ends the request's account: counts, record. Idempotent. */
  finish(status: number, reason: FinishedRequest['reason']): void {
    if (this.isDone) return;
    this.isDone = true;
    this.status = status;
    this.reason = reason;
    this.mirror = null;
    this.comparison?.onLiveEnd(this);
    if (this.admitted) (this.endpoint as EndpointRoute).state.inFlight -= 1;
    this.endCount();
    this.core.recorder.record(this);
  }

  /** Lets go of the head; nothing of the request is needed any more. */
  release(): void {
    if (this.released) return;
    this.released = true;
    // Copies may still need the head.
    if (!this.copied) this.core.heads.give(this.head);
  }

  private answerChallenge(text: string): void {
    const lines = `Content-Type: application/octet-stream\r\nContent-Length: ${text.length}\r\n`;
    this.answerOwn(200, lines, text, REASON_NONE);
  }

  /** An answer that is no model's and no error. */
  private answerOwn(status: number, lines: string, body: string, reason: FinishedRequest['reason']): void {
    const keepAlive = this.mayKeepAlive() && this.client.restIsSmall;
    this.setConnection(keepAlive);
    this.writeOwn(formatOwnHead(status, lines, { ...this.ownResponse(), corsOrigin: null }) + body);
    this.finish(status, reason);
    this.client.onResponseDone(keepAlive);
  }

  private finishWith(answer: GatewayAnswer, keepAlive: boolean): void {
    this.forward?.abandon();
    this.setConnection(keepAlive);
    const toHead = this.head.method === 'HEAD';
    const told = { ...answer, fieldLines: (answer.fieldLines ?? '') + this.deploymentLine() };
    this.bytesOut += this.client.sendAnswer(told, this.ownResponse(), toHead);
    this.finish(statusOf(answer), answer.reason);
    this.client.onResponseDone(keepAlive);
  }

  private endCount(): void {
    if (this.countedByGate) this.core.limits.end(this.limitAccount);
    this.countedByGate = false;
  }

  private get limitAccount(): string {
    const { name, table } = this.endpoint as EndpointRoute;
    return limitAccount(name, table.limits, this.consumerId);
  }

  get isGrpc(): boolean {
    return this.client.isGrpc;
  }

  /** Lines for the model that say where the request came from. */
  get connectionLines(): Buffer {
    const { connectionLines, peerAddress } = this.client;
    return linesThroughForwarder(connectionLines, peerAddress, this.head.fields, this.core.routes.trustedForwarders);
  }

  /** What `Connection` has to say: HTTP/1.1 keeps by default and HTTP/1.0 closes (RFC 9112 section 9.3). */
  setConnection(keepAlive: boolean): void {
    if (!keepAlive) this.connection = 'close';
    else this.connection = this.head.minorVersion === 0 ? 'keep-alive' : null;
  }

  /** Names the chosen deployment also where it did not answer, so that a caller sees which one was slow, full or gone. */
  private deploymentLine(): string {
    return this.deployment === null ? '' : `azureml-model-deployment: ${this.deployment.name}\r\n`;
  }

  private ownResponse(): ClientResponse {
    const { requestId, clientRequestId, corsOrigin, connection } = this;
    return { requestId, clientRequestId, corsOrigin, connection };
  }

  private writeOwn(message: string): void {
    this.bytesOut += message.length;
    this.client.write(message);
  }
}
