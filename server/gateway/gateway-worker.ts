import type { SlotOrder } from './slot-ledger.ts';
import { openExternalHeader } from '#server/secrets/external-header.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { EjectionReport } from './ejection-ledger.ts';
import { LeasedSlots } from './leased-slots.ts';
import { createLocalGate, type LimitGate, SharedGate } from './limit-gate.ts';
import { ALL_SLOTS, type SlotSource } from './instance-pool.ts';
import { SharedPlaces } from './queue-places.ts';
import { createComparisonSender, createTelemetrySender } from './telemetry-sender.ts';
import type { ToPrimary, ToWorker } from './worker-messages.ts';

type StartMessage = Extract<ToWorker, { type: 'start' }>;

/** A worker's link to its primary: the cluster's channel, or a test's double of it. */
export interface PrimaryLink {
  send(message: ToPrimary): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

/** At most one report a second for the same instance or endpoint. */
const REPORT_INTERVAL_MS = 1_000;

/** Runs one worker: serves from the table that the primary sends, and ends the process when it has been drained. */
export function runGatewayWorker(link: PrimaryLink, exit: () => void): void {
  let gateway: Gateway | null = null;
  const sharing: Sharing = { gate: null, slots: null, places: null };

  link.onMessage((message) => {
    if (message.type === 'start') gateway ??= startGateway(message, link, sharing, exit);
    else if (message.type === 'slots') applyOrders(sharing, message.orders);
    else if (message.type === 'verdicts') sharing.gate?.onVerdicts(message.verdicts);
    else if (message.type === 'places') sharing.places?.onAnswers(message.answers);
    else if (gateway !== null) handle(gateway, message);
  });

  function handle(
    running: Gateway,
    message: Extract<ToWorker, { type: 'table_part' | 'certificates' | 'challenges' | 'dump' | 'drain' }>,
  ): void {
    if (message.type === 'table_part') {
      const { part } = message;
      running.installPart(part);
      link.send({ type: 'part_installed' });
      if (part.last) link.send({ type: 'serving', revision: part.revision });
    } else if (message.type === 'certificates') {
      running.installCertificates(message);
    } else if (message.type === 'challenges') {
      running.installChallenges(message.challenges);
      link.send({ type: 'answering', id: message.id });
    } else if (message.type === 'dump') {
      link.send({ type: 'dump', id: message.id, dump: running.dump() });
    } else {
      void running.drain(message.keepIdle).finally(exit);
    }
  }
}

/** What a worker that is not alone shares with the others. */
interface Sharing {
  gate: SharedGate | null;
  slots: LeasedSlots | null;
  places: SharedPlaces | null;
}

function applyOrders(sharing: Sharing, orders: readonly SlotOrder[]): void {
  for (const order of orders) sharing.slots?.apply(order);
}

function startGateway(start: StartMessage, link: PrimaryLink, sharing: Sharing, exit: () => void): Gateway {
  if (start.workerCount > 1) {
    sharing.slots = new LeasedSlots({
      want: (key, count) => link.send({ type: 'want', key, count }),
      giveBack: (key, count) => link.send({ type: 'give_back', key, count }),
    });
    sharing.places = new SharedPlaces({
      ask: (questions) => link.send({ type: 'ask_places', questions }),
      left: (places) => link.send({ type: 'left_places', places }),
    });
    sharing.gate = new SharedGate({
      ask: (endpoints) => link.send({ type: 'ask', endpoints }),
      ended: (endpoint, count) => link.send({ type: 'ended', endpoint, count }),
    });
  }
  const upstreamKey = Buffer.from(start.upstreamKey, 'hex');
  const slots: SlotSource = sharing.slots ?? ALL_SLOTS;
  const limits: LimitGate = sharing.gate ?? createLocalGate();
  const gateway = createGateway({
    settings: { badKeysPerMinute: start.badKeysPerMinute },
    domain: start.domain,
    hopId: start.hopId,
    openHeader: (deployment, sealed) => openExternalHeader(upstreamKey, deployment, sealed),
    source: `${process.pid}-${Date.now()}`,
    sendRecords: createTelemetrySender(start.telemetrySocket),
    sendComparisons: createComparisonSender(start.telemetrySocket),
    places: sharing.places,
    slots,
    limits,
    ...createReports(link),
  });
  if (start.table !== null) gateway.installPart(start.table);
  listenOnAll(gateway, start).then(
    (port) => {
      link.send({ type: 'listening', port });
      link.send({ type: 'serving', revision: gateway.core.routes.revision });
    },
    (error: NodeJS.ErrnoException & { port?: number }) => {
      const { port = start.port, code = '', message } = error;
      link.send({ type: 'listen_failed', port, code, message });
      exit();
    },
  );
  return gateway;
}

/** A worker counts as listening when it does so on every port. @returns the port for plain HTTP */
async function listenOnAll(gateway: Gateway, { host, port, tls }: StartMessage): Promise<number> {
  if (tls !== null) await gateway.listenTls({ host, port: tls.port }, tls);
  return (await gateway.listen({ host, port })).port;
}

/** Reports to the control plane, thinned out so that a storm of failures is no storm of messages. */
function createReports(link: PrimaryLink) {
  const sentAt = new Map<string, number>();
  const isDue = (key: string): boolean => {
    const now = performance.now();
    if (now - (sentAt.get(key) ?? -Infinity) < REPORT_INTERVAL_MS) return false;
    if (sentAt.size > 10_000) sentAt.clear();
    sentAt.set(key, now);
    return true;
  };
  return {
    onInternalError(error: unknown): void {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (isDue(text)) link.send({ type: 'internal_error', text });
    },
    onNoInstance(endpoint: string): void {
      if (isDue(endpoint)) link.send({ type: 'no_instance', endpoint });
    },
    onEjection(report: EjectionReport): void {
      link.send({ type: 'ejection', ...report });
    },
    onInstanceFailing(endpoint: string, deployment: string, instance: string, reason: string): void {
      if (!isDue(`${endpoint}/${instance}`)) return;
      link.send({ type: 'instance_failing', endpoint, deployment, instance, reason });
    },
  };
}
