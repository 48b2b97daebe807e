import { describe, expect, test } from 'vitest';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { fitVerdict, sortByFit } from './fit-verdict.ts';
import { type FormFacts, resolveForm } from './resolve-form.ts';
import { emptyForm, type WizardForm } from './wizard-form.ts';

function type(name: string, changes: Partial<InstanceType> = {}): InstanceType {
  return {
    name,
    cpu: 1,
    memory_mib: 4096,
    gpus: 0,
    gpu_memory_mib: 0,
    price_per_hour_micros: 100,
    currency: 'USD',
    description: '',
    fits_host: true,
    fit_reason: 'Fits this host.',
    used_by: [],
    revision: 1,
    created_at: '',
    updated_at: '',
    ...changes,
  };
}

const endpoint = (name: string, traffic: Record<string, number>) => ({
  name,
  traffic,
  deployments: Object.keys(traffic).map((deployment) => ({
    name: deployment,
    colour_slot: 1,
    provisioning_state: 'Succeeded',
    ready_instances: 1,
    instance_count: 1,
  })),
});

const FACTS: FormFacts = {
  endpoints: [endpoint('iris', { blue: 100 }), endpoint('idle', { blue: 0 })],
  instanceTypes: [type('dear', { price_per_hour_micros: 900 }), type('cheap'), type('gpu', { fits_host: false })],
  registeredAs: null,
  modelBytes: 1000,
  host: { cpu_count: 2, memory_mib: 8192 },
};
const form = (changes: Partial<WizardForm>): WizardForm => ({
  ...emptyForm('1'),
  model: { kind: 'sample', id: 'iris-1', name: 'iris' },
  ...changes,
});

describe('an untouched form', () => {
  test('suggests a free endpoint named after the model, the first colour and the cheapest type that fits', () => {
    expect(resolveForm(form({}), FACTS)).toMatchObject({
      endpoint: { isNew: true, name: 'iris-2' },
      deployment: 'blue',
      instanceType: 'cheap',
      takesAllTraffic: true,
    });
  });

  test('keeps the split of an endpoint that serves and starts one that does not', () => {
    const into = (endpointName: string) => resolveForm(form({ endpointIsNew: false, endpointName }), FACTS);
    expect(into('iris')).toMatchObject({ deployment: 'green', takesAllTraffic: false });
    expect(into('idle')).toMatchObject({ deployment: 'green', takesAllTraffic: true });
  });

  test('uses the version that a sample was registered as before', () => {
    const registeredAs = { name: 'iris', version: '4' };
    expect(resolveForm(form({}), { ...FACTS, registeredAs }).model).toEqual({ kind: 'registered', ...registeredAs });
  });
});

test('what was entered stays, an emptied field too', () => {
  const entered = form({ endpointName: '', deploymentName: 'mine', instanceType: 'dear', takesAllTraffic: false });
  expect(resolveForm(entered, FACTS)).toMatchObject({
    endpoint: { name: '' },
    deployment: 'mine',
    instanceType: 'dear',
    takesAllTraffic: false,
  });
});

describe('a fit', () => {
  test('counts the weights twice beside the server', () => {
    const small = type('small', { memory_mib: 1000 });
    expect(fitVerdict(small, { host: null, modelBytes: 170 * 2 ** 20 })).toEqual({ kind: 'fits', memoryShare: 0.5 });
    expect(fitVerdict(small, { host: null, modelBytes: 500 * 2 ** 20 })).toMatchObject({ kind: 'unfit' });
  });

  test('puts what fits first and what is named for more than the host after it', () => {
    const named = type('named', { price_per_hour_micros: 1, cpu: 64 });
    expect(sortByFit([...FACTS.instanceTypes, named], FACTS).map(({ name }) => name)).toEqual([
      'cheap',
      'dear',
      'named',
      'gpu',
    ]);
  });
});
