import type { Challenge } from '#server/routing/gateway-link.ts';
import type { EjectionReport } from './ejection-ledger.ts';
import type { LimitVerdict } from './limit-keeper.ts';
import type { PlaceQuestion } from './queue-places.ts';
import type { SlotOrder } from './slot-ledger.ts';
import type { TablePart } from './table-parts.ts';
import type { TlsMaterial } from './tls/tls-listener.ts';

/** What the primary tells its workers over the cluster's channel. */
export type ToWorker =
  /** First message: everything a worker needs to serve. */
  | {
      type: 'start';
      host: string;
      port: number;
      domain: string | null;
      badKeysPerMinute: number;
      hopId: string;
      /** Workers of the gateway, this one included. */
      workerCount: number;
      telemetrySocket: string;
      /** The whole table in one part; null where there is none yet. */
      table: TablePart | null;
      /** Opens what is sealed in the table, in hex. */
      upstreamKey: string;
      /** The TLS port and what it serves with; null where there is none. */
      tls: ({ port: number } & TlsMaterial) | null;
    }
  | ({ type: 'certificates' } & TlsMaterial)
  /** Challenges of an ACME server to answer, and no others; answered by `answering`. */
  | { type: 'challenges'; id: string; challenges: readonly Challenge[] }
  | { type: 'table_part'; part: TablePart }
  /** Slots of instances: more to use, or some to give back (see `SlotOrder`). */
  | { type: 'slots'; orders: SlotOrder[] }
  /** Answers to `ask`, in the order of the questions. */
  | { type: 'verdicts'; verdicts: LimitVerdict[] }
  /** Answers to `ask_places`, in the order of the questions. */
  | { type: 'places'; answers: boolean[] }
  | { type: 'dump'; id: string }
  /** End when the requests in flight have. `keepIdle`: others serve on, so idle clients may send one more request and learn from its answer. */
  | { type: 'drain'; keepIdle: boolean };

/** What workers tell the primary. */
export type ToPrimary =
  | { type: 'listening'; port: number }
  | { type: 'listen_failed'; port: number; code: string; message: string }
  | { type: 'serving'; revision: number }
  | { type: 'answering'; id: string }
  /** A part of a table is installed: the next may come. */
  | { type: 'part_installed' }
  /** Requests wait for `count` more slots than are held. */
  | { type: 'want'; key: string; count: number }
  | { type: 'give_back'; key: string; count: number }
  /** May one more request of each of these endpoints start? Answered by `verdicts`. */
  | { type: 'ask'; endpoints: string[] }
  /** Requests that were admitted by a verdict have ended. */
  | { type: 'ended'; endpoint: string; count: number }
  /** May one more request wait in each of these queues? Answered by `places`. */
  | { type: 'ask_places'; questions: PlaceQuestion[] }
  /** Requests that asked for these places wait no more. */
  | { type: 'left_places'; places: number[] }
  /** A fault of the gateway's own, for the log. */
  | { type: 'internal_error'; text: string }
  | { type: 'no_instance'; endpoint: string }
  | { type: 'instance_failing'; endpoint: string; deployment: string; instance: string; reason: string }
  | ({ type: 'ejection' } & EjectionReport)
  | { type: 'dump'; id: string; dump: unknown };
