import { DISAGREEMENTS, MAX_EXCERPT_BYTES } from '#lib/contracts/comparison-rules.ts';
import type { Excerpt } from '#lib/contracts/mirror-comparison.ts';
import type { ComparisonDetail } from '#server/telemetry/comparison-record.ts';
import { AnswerCapture, CaptureRoom } from './answer-capture.ts';
import { compareAnswers, type EndedAnswer, type Verdict } from './compare-answers.ts';
import type { ComparisonReporter } from './comparison-reporter.ts';
import type { Counters } from './counters.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { ResponseHead } from './http1/response-head.ts';
import { type FinishedRequest, REASON_NONE } from './record.ts';
import type { DeploymentRoute, EndpointRoute } from './route-index.ts';

/** A turn of comparing lasts this long, and then as many times longer nothing is compared: live requests keep 95 % of the worker. */
const TURN_MS = 0.5;
const REST_PER_WORK = 19;

const DIFFERS: ReadonlySet<string> = new Set(DISAGREEMENTS);

export interface ComparerEnvironment {
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly reporter: ComparisonReporter;
  readonly onInternalError: (error: unknown) => void;
}

/** What is compared: a live request that copies are made of. */
interface ComparedSource {
  readonly endpoint: EndpointRoute | null;
  readonly deployment: DeploymentRoute | null;
  readonly requestId: string;
}

/** How an answer ended. */
type Ending = Pick<FinishedRequest, 'status' | 'reason' | 'modelMs'>;

/** A live answer and the answer to one copy, both ended. */
interface Pair {
  readonly request: ComparedRequest;
  readonly copy: CopyCapture;
}

/**
 * Compares answers of mirrors with live ones, away from the requests: what is to be compared waits in a queue that is bounded in memory and
 * gets a small share of the worker's time. Under pressure comparisons are dropped and counted.
 */
export class MirrorComparer {
  readonly reporter: ComparisonReporter;
  private readonly environment: ComparerEnvironment;
  private readonly room: CaptureRoom;
  private readonly ready: Pair[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(environment: ComparerEnvironment) {
    this.environment = environment;
    this.reporter = environment.reporter;
    this.room = new CaptureRoom(environment.settings.comparisonMemoryBytes);
  }

  /** Bytes of answers that wait to be compared. */
  get heldBytes(): number {
    return this.room.held;
  }

  /** Decides whether a mirrored request is compared; null where it is not. */
  begin(source: ComparedSource): ComparedRequest | null {
    const comparison = source.endpoint?.comparison ?? null;
    if (comparison?.sample.next() !== true) return null;
    return new ComparedRequest(source, comparison.relativeTolerance, this.room, (pair) => this.enqueue(pair));
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    for (const pair of this.ready.splice(0)) this.finish(pair);
    await this.reporter.stop();
  }

  private enqueue(pair: Pair): void {
    const { counters, settings } = this.environment;
    if (pair.request.isDropped || pair.copy.capture.isDropped || this.ready.length >= settings.comparisonQueue) {
      counters.increment('mirror.comparison_dropped');
      this.reporter.drop();
      pair.request.release(pair.copy);
      return;
    }
    this.ready.push(pair);
    this.timer ??= setTimeout(() => this.turn(), 0);
  }

  private turn(): void {
    const startedAt = performance.now();
    let spent = 0;
    while (this.ready.length > 0 && spent < TURN_MS) {
      this.finish(this.ready.shift() as Pair);
      spent = performance.now() - startedAt;
    }
    this.timer = this.ready.length === 0 ? null : setTimeout(() => this.turn(), spent * REST_PER_WORK);
  }

  private finish({ request, copy }: Pair): void {
    try {
      this.report(request, copy);
    } catch (error) {
      this.environment.onInternalError(error);
    } finally {
      request.release(copy);
    }
  }

  private report(request: ComparedRequest, copy: CopyCapture): void {
    const [live, mirror] = [request.liveAnswer(), copy.answer()];
    const verdict = compareAnswers(live, mirror, request.relativeTolerance);
    this.environment.counters.increment(`mirror.compared_${verdict.outcome}`);
    this.reporter.record({
      atMs: Date.now(),
      endpoint: request.endpoint,
      live: request.deployment,
      mirror: copy.deployment,
      outcome: verdict.outcome,
      liveMs: request.modelMs,
      mirrorMs: copy.modelMs,
      maxDifference: verdict.maxDifference,
      ...(DIFFERS.has(verdict.outcome) && { detail: describe(request, verdict, live, mirror) }),
    });
  }
}

function describe(
  request: ComparedRequest,
  { path }: Verdict,
  live: EndedAnswer,
  mirror: EndedAnswer,
): ComparisonDetail {
  return {
    requestId: request.requestId,
    // A pointer may be as long as an answer.
    path: path.slice(0, MAX_EXCERPT_BYTES / 8),
    liveStatus: live.status,
    mirrorStatus: mirror.status,
    request: excerptOf(request.requestStart, request.requestBytes),
    liveAnswer: excerptOf(live.body, live.body.length),
    mirrorAnswer: excerptOf(mirror.body, mirror.body.length),
  };
}

/** @param start at least as much of a body as an excerpt may hold, or all of it */
function excerptOf(start: Buffer, bytes: number): Excerpt {
  const isWhole = bytes <= MAX_EXCERPT_BYTES;
  try {
    // A character that the cut goes through is left out.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start.subarray(0, MAX_EXCERPT_BYTES), {
      stream: !isWhole,
    });
    return { text, bytes, is_whole: isWhole };
  } catch {
    return { text: null, bytes, is_whole: isWhole };
  }
}

/** The live side of comparisons: its answer is kept while it passes, until the last copy of the request has been compared. */
export class ComparedRequest {
  readonly endpoint: string;
  readonly deployment: string;
  readonly requestId: string;
  readonly relativeTolerance: number;
  /** The beginning of the request's body. */
  requestStart: Buffer = EMPTY;
  requestBytes = 0;
  modelMs = 0;
  private readonly live: AnswerCapture;
  private readonly room: CaptureRoom;
  private readonly onPair: (pair: Pair) => void;
  private readonly ended: CopyCapture[] = [];
  private copies = 0;
  private isOver = false;
  private isWhole = false;

  constructor(
    { endpoint, deployment, requestId }: ComparedSource,
    relativeTolerance: number,
    room: CaptureRoom,
    onPair: (pair: Pair) => void,
  ) {
    this.endpoint = (endpoint as EndpointRoute).name;
    this.deployment = (deployment as DeploymentRoute).name;
    this.requestId = requestId;
    this.relativeTolerance = relativeTolerance;
    this.room = room;
    this.onPair = onPair;
    this.live = new AnswerCapture(room);
  }

  get isDropped(): boolean {
    return this.live.isDropped;
  }

  onHead(head: ResponseHead): void {
    this.live.onHead(head);
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    this.live.add(bytes, start, end);
  }

  /** The live request has ended, well or not. Answers of the gateway itself are no model's and are not compared. */
  onLiveEnd({ reason, modelMs }: Ending): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isWhole = reason === REASON_NONE;
    this.modelMs = modelMs;
    if (this.copies === 0) this.releaseAll();
    else for (const copy of this.ended.splice(0)) this.onPair({ request: this, copy });
  }

  /** A copy sets out. @param body of the request, in pieces */
  startCopy(deployment: string, body: readonly Buffer[], bytes: number): CopyCapture {
    if (this.copies === 0) this.keepRequest(body, bytes);
    this.copies += 1;
    return new CopyCapture(deployment, this.room, (copy) => {
      if (this.isOver) this.onPair({ request: this, copy });
      else this.ended.push(copy);
    });
  }

  liveAnswer(): EndedAnswer {
    return this.live.ended(this.isWhole);
  }

  /** A copy is done with; with the last one goes the live answer. */
  release(copy: CopyCapture): void {
    copy.capture.release();
    this.copies -= 1;
    if (this.copies === 0) this.releaseAll();
  }

  /** The excerpt is no more than an answer's share of the room; without room the pair is told without it. */
  private keepRequest(body: readonly Buffer[], bytes: number): void {
    this.requestBytes = bytes;
    const start = Buffer.concat(body, Math.min(bytes, MAX_EXCERPT_BYTES));
    if (this.room.tryTake(start.length)) this.requestStart = start;
  }

  private releaseAll(): void {
    this.room.give(this.requestStart.length);
    this.requestStart = EMPTY;
    this.live.release();
  }
}

const EMPTY = Buffer.alloc(0);

/** The mirror's side of a comparison. */
export class CopyCapture {
  readonly deployment: string;
  readonly capture: AnswerCapture;
  modelMs = 0;
  private readonly onEnd: (copy: CopyCapture) => void;
  private isWhole = false;

  constructor(deployment: string, room: CaptureRoom, onEnd: (copy: CopyCapture) => void) {
    this.deployment = deployment;
    this.capture = new AnswerCapture(room);
    this.onEnd = onEnd;
  }

  /** @param isWhole the whole answer has come */
  end(isWhole: boolean, modelMs: number): void {
    this.isWhole = isWhole;
    this.modelMs = modelMs;
    this.onEnd(this);
  }

  answer(): EndedAnswer {
    return this.capture.ended(this.isWhole);
  }
}
