import { expect, test } from 'vitest';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import { attentionItems } from './attention.ts';

const NOW = Date.UTC(2026, 2, 12, 12);
const HOUR = 3_600_000;
const iso = (age: number) => new Date(NOW - age).toISOString();

function endpoint(name: string, state: Endpoint['state'], extra: Partial<Endpoint> = {}): Endpoint {
  return {
    name,
    state,
    state_reason: '',
    deployments: [
      { name: 'blue', colour_slot: 1, provisioning_state: 'Succeeded', ready_instances: 1, instance_count: 1 },
    ],
    run_rate_micros_per_hour: 0,
    updated_at: iso(HOUR),
    ...extra,
  } as Endpoint;
}

function operation(
  id: string,
  status: Operation['status'],
  age: number,
  resource = '/endpoints/iris/deployments/blue',
): Operation {
  return {
    id,
    kind: 'deployment.create',
    resource,
    status,
    stages: [],
    error: null,
    created_at: iso(age),
    finished_at: iso(age),
  } as unknown as Operation;
}

const subjects = (input: Partial<Parameters<typeof attentionItems>[0]>) =>
  attentionItems({ endpoints: [], operations: [], health: undefined, now: NOW, ...input }).map((item) => item.id);

test('what is down comes before what runs short, and healthy endpoints need nobody', () => {
  const endpoints = [endpoint('slow', 'degraded'), endpoint('dead', 'failed'), endpoint('fine', 'healthy')];
  const health = { status: 'degraded', components: { telemetry: 'down', gateway: 'ok' } } as const;
  expect(subjects({ endpoints, health })).toEqual(['process telemetry', 'failed dead', 'degraded slow']);
});

test('a failed operation counts until it is repeated, a day old, or its deployment is gone', () => {
  const endpoints = [endpoint('iris', 'healthy')];
  const failed = operation('op_1', 'failed', HOUR);
  expect(subjects({ endpoints, operations: [failed] })).toEqual(['operation op_1']);
  expect(subjects({ endpoints, operations: [operation('op_2', 'running', 0), failed] })).toEqual([]);
  expect(subjects({ endpoints, operations: [operation('op_1', 'failed', 25 * HOUR)] })).toEqual([]);
  expect(subjects({ endpoints: [], operations: [failed] })).toEqual([]);
});

test('an endpoint without traffic counts only while it costs', () => {
  const endpoints = [
    endpoint('free', 'no_traffic'),
    endpoint('paid', 'no_traffic', { run_rate_micros_per_hour: 42_000 }),
  ];
  expect(subjects({ endpoints })).toEqual(['idle paid']);
});
