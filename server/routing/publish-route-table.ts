import { isConfirmed, type RouteConfirmation } from '#server/domain/route-publisher.ts';
import { createChallengeSender } from './challenge-sender.ts';
import type { Challenge, Ejection, GatewayTls, ToControlPlane } from './gateway-link.ts';
import { openGatewayConnection } from './gateway-connection.ts';
import type { RouteTable } from './route-table.ts';

/** After this long a worker that does not confirm holds nothing up any more: it is stuck, or it would have confirmed. */
const STUCK_WORKER_MS = 10_000;

export interface GatewayWorker {
  id: number;
  pid: number;
  /** Revision of the table that it serves; 0 before the first. */
  served: number;
}

export type GatewaySignal = Extract<ToControlPlane, { type: 'wake' | 'instance_failing' }>;

export interface RouteTablePublisherOptions {
  socketPath: string;
  onSignal: (signal: GatewaySignal) => void;
  /** Workers came, went or took a table over. */
  onWorkers: () => void;
  onRefused: (revision: number, reason: string) => void;
  onError: (error: unknown) => void;
}

/** Hands finished route tables to the gateway and knows which worker serves which. */
export interface RouteTablePublisher {
  readonly published: RouteTable | null;
  readonly connected: boolean;
  readonly workers: readonly GatewayWorker[];
  /** What the gateway serves TLS with: null for nothing, undefined while it has not said. */
  readonly tls: GatewayTls | null | undefined;
  /** Instances that the gateway has put out for failing. */
  readonly ejections: readonly Ejection[];
  /**
   * Resolves when every worker answers these challenges of an ACME server and no others.
   * @throws when the gateway does not confirm in time
   */
  answerChallenges(challenges: readonly Challenge[]): Promise<void>;
  /** Resolves once it is known whether there is a gateway. */
  readonly tried: Promise<void>;
  publish(table: RouteTable): void;
  confirmation(): RouteConfirmation;
  /** Resolves when every worker serves the published table, or after the time-out; says who does. */
  confirm(timeoutMs: number): Promise<RouteConfirmation>;
  /**
   * Whether no worker can still be sending requests by an older table: all serve the published one, or there is no gateway, or what does not
   * confirm has been stuck for long.
   */
  isSettled(): boolean;
  close(): void;
}

export function createRouteTablePublisher(options: RouteTablePublisherOptions): RouteTablePublisher {
  let published: RouteTable | null = null;
  let publishedAt = 0;
  let workers: GatewayWorker[] = [];
  let tls: GatewayTls | null | undefined;
  let ejections: readonly Ejection[] = [];
  let waiting: (() => void)[] = [];

  const connection = openGatewayConnection({
    socketPath: options.socketPath,
    onConnected: () => {
      if (published !== null) connection.send({ type: 'table', table: published });
    },
    onFrame,
    onDisconnected: () => {
      workers = [];
      tls = undefined;
      ejections = [];
      changed();
    },
    onError: options.onError,
  });

  const challenges = createChallengeSender((frame) => connection.send(frame));

  function onFrame(frame: ToControlPlane): void {
    if (frame.type === 'workers') {
      workers = frame.workers;
      changed();
    } else if (frame.type === 'tls') tls = frame.tls;
    else if (frame.type === 'ejections') ejections = frame.ejections;
    else if (frame.type === 'challenged') challenges.onConfirmed(frame.id);
    else if (frame.type === 'refused') options.onRefused(frame.revision, frame.reason);
    else if (frame.type !== 'dump') options.onSignal(frame);
  }

  function changed(): void {
    const waiters = waiting;
    waiting = [];
    for (const resolve of waiters) resolve();
    options.onWorkers();
  }

  function confirmation(): RouteConfirmation {
    const revision = published?.revision ?? 0;
    const confirmed = workers.filter((worker) => worker.served >= revision).length;
    return { revision, confirmed, total: workers.length };
  }

  async function confirm(timeoutMs: number): Promise<RouteConfirmation> {
    const deadline = performance.now() + timeoutMs;
    connection.connectNow();
    while (!isConfirmed(confirmation())) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      await nextChange(leftMs);
    }
    return confirmation();
  }

  function nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  return {
    get published() {
      return published;
    },
    get connected() {
      return connection.connected;
    },
    get workers() {
      return workers;
    },
    get tls() {
      return tls;
    },
    get ejections() {
      return ejections;
    },
    answerChallenges: (list) => challenges.answer(list),
    tried: connection.tried,
    publish(table) {
      published = table;
      publishedAt = performance.now();
      connection.send({ type: 'table', table });
    },
    confirmation,
    confirm,
    isSettled: () =>
      published !== null &&
      (!connection.connected || isConfirmed(confirmation()) || performance.now() - publishedAt > STUCK_WORKER_MS),
    close: () => connection.close(),
  };
}
