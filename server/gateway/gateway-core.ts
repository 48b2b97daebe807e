import type { BadKeys } from './bad-keys.ts';
import type { Counters } from './counters.ts';
import type { DeadlineSweeper } from './deadline-sweeper.ts';
import type { EjectionReport } from './ejection-ledger.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { ByteWriter } from './http1/byte-writer.ts';
import type { Http2Front } from './http2/front.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { ResponseHead } from './http1/response-head.ts';
import type { LimitGate } from './limit-gate.ts';
import type { MirrorSender } from './mirror.ts';
import type { MirrorComparer } from './mirror-comparer.ts';
import type { PeerWatch } from './peer-watch.ts';
import type { RequestRecorder } from './record.ts';
import type { RouteIndex } from './route-index.ts';
import type { HttpChallenges } from './tls/http-challenges.ts';

/** What all connections and requests of one worker share. */
export interface GatewayCore {
  readonly settings: GatewaySettings;
  readonly routes: RouteIndex;
  /** Lower case; null where endpoints are served by path only. */
  readonly domain: string | null;
  /** Marks requests that have passed this gateway, to break loops. */
  readonly hopId: string;
  readonly writer: ByteWriter;
  readonly counters: Counters;
  readonly sweeper: DeadlineSweeper;
  readonly recorder: RequestRecorder;
  readonly mirror: MirrorSender;
  readonly comparer: MirrorComparer;
  readonly limits: LimitGate;
  readonly badKeys: BadKeys;
  readonly peerWatch: PeerWatch;
  readonly challenges: HttpChallenges;
  readonly http2: Http2Front;
  readonly heads: HeadPool;
  /** Answers are read and passed on within one event, so one parser serves all. */
  readonly responseHead: ResponseHead;
  /** No new work: answers say `Connection: close`. */
  readonly draining: boolean;
  /** Value for a `Date` field. */
  date(): string;
  /** A fault of ours. It costs the connection that it happened on and nothing else. */
  onInternalError(error: unknown): void;
  onInstanceFailing(endpoint: string, deployment: string, instance: string, reason: string): void;
  onNoInstance(endpoint: string): void;
  /** An instance was put out, or is back. */
  onEjection(report: EjectionReport): void;
}

/** Request parsers between requests: idle connections hold none. */
export interface HeadPool {
  take(): RequestHead;
  give(head: RequestHead): void;
}
