import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { Health } from '#lib/contracts/info.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import { describeOperation } from '#lib/format/operation.ts';

export interface AttentionItem {
  id: string;
  mark: 'failed' | 'degraded' | 'no_traffic';
  /** What it is about, printed strong; `text` goes on from it. */
  subject: string;
  text: string;
  at: string | null;
  action: { label: string; href: string };
  /** Micro-units per hour that it costs for nothing; null where cost is not the point. */
  costMicrosPerHour: number | null;
}

const OPERATION_DAYS_MS = 86_400_000;

/** What somebody has to look at, worst first: what is down, what failed to start, what runs short, what costs and serves nobody. */
export function attentionItems(input: {
  endpoints: readonly Endpoint[];
  operations: readonly Operation[];
  health: Health | undefined;
  now: number;
}): AttentionItem[] {
  const { endpoints, operations, health, now } = input;
  return [
    ...processItems(health),
    ...endpoints.filter((endpoint) => endpoint.state === 'failed').map(failedItem),
    ...failedOperations(operations, endpoints, now).map(operationItem),
    ...endpoints.filter((endpoint) => endpoint.state === 'degraded').map(degradedItem),
    ...endpoints.filter(isIdle).map(idleItem),
  ];
}

function processItems(health: Health | undefined): AttentionItem[] {
  return Object.entries(health?.components ?? {})
    .filter(([, state]) => state === 'down')
    .map(([name]) => ({
      id: `process ${name}`,
      mark: 'failed',
      subject: name.replaceAll('_', ' '),
      text: 'does not answer; it is being restarted',
      at: null,
      action: { label: 'What this host runs', href: '/setup' },
      costMicrosPerHour: null,
    }));
}

function pathOf(endpoint: Pick<Endpoint, 'name'>): string {
  return `/endpoints/${encodeURIComponent(endpoint.name)}`;
}

function failedItem(endpoint: Endpoint): AttentionItem {
  return {
    id: `failed ${endpoint.name}`,
    mark: 'failed',
    subject: endpoint.name,
    text: `answers no requests${reason(endpoint)}`,
    at: endpoint.updated_at,
    action: { label: 'Open endpoint', href: pathOf(endpoint) },
    costMicrosPerHour: null,
  };
}

function degradedItem(endpoint: Endpoint): AttentionItem {
  return {
    id: `degraded ${endpoint.name}`,
    mark: 'degraded',
    subject: endpoint.name,
    text: `serves with less than it should${reason(endpoint)}`,
    at: endpoint.updated_at,
    action: { label: 'Open endpoint', href: pathOf(endpoint) },
    costMicrosPerHour: null,
  };
}

function reason(endpoint: Endpoint): string {
  return endpoint.state_reason === '' ? '' : `: ${lowerFirst(endpoint.state_reason)}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** Failed within a day, and neither repeated since nor taken away. */
function failedOperations(operations: readonly Operation[], endpoints: readonly Endpoint[], now: number): Operation[] {
  return operations.filter((operation) => {
    if (operation.status !== 'failed') return false;
    if (now - Date.parse(operation.finished_at ?? operation.created_at) > OPERATION_DAYS_MS) return false;
    const newer = operations.some(
      (other) => other.resource === operation.resource && other.created_at > operation.created_at,
    );
    const { endpoint, deployment } = describeOperation(operation);
    const owner = endpoints.find((one) => one.name === endpoint);
    const stillThere = owner && (deployment === null || owner.deployments.some((one) => one.name === deployment));
    return !newer && Boolean(stillThere);
  });
}

function operationItem(operation: Operation): AttentionItem {
  const { object, verb, href } = describeOperation(operation);
  return {
    id: `operation ${operation.id}`,
    mark: 'failed',
    subject: object,
    text: `could not ${verb}${operation.error ? `: ${lowerFirst(operation.error.title)}` : ''}`,
    at: operation.finished_at ?? operation.created_at,
    action: { label: 'See the cause', href },
    costMicrosPerHour: null,
  };
}

function isIdle(endpoint: Endpoint): boolean {
  return endpoint.state === 'no_traffic' && endpoint.run_rate_micros_per_hour > 0;
}

function idleItem(endpoint: Endpoint): AttentionItem {
  return {
    id: `idle ${endpoint.name}`,
    mark: 'no_traffic',
    subject: endpoint.name,
    text: 'takes no traffic and costs',
    at: endpoint.updated_at,
    action: { label: 'Set the split', href: pathOf(endpoint) },
    costMicrosPerHour: endpoint.run_rate_micros_per_hour,
  };
}
