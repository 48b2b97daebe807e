import { describe, expect, test } from 'vitest';
import { type DeploymentDraft, EMPTY_DRAFT } from './draft.ts';
import { type DraftFacts, draftFaults, fieldOfPointer } from './draft-faults.ts';

const FACTS: DraftFacts = { endpoints: ['taken'], deployments: ['green'], servable: { ok: true, reason: '' } };
const UPLOAD = { kind: 'upload', id: 'u', filename: 'm.onnx', isFolder: false, sizeBytes: 1, name: 'm' } as const;
const COMPLETE: DeploymentDraft = {
  ...EMPTY_DRAFT,
  model: { kind: 'registered', name: 'iris', version: '1' },
  instanceType: 'cpu-1',
  endpoint: { isNew: true, name: 'iris', description: '', authMode: 'key' },
  deployment: 'blue',
};
const endpoint = (isNew: boolean, name: string) => ({
  endpoint: { isNew, name, description: '', authMode: 'key' as const },
});

describe('faults', () => {
  test('are none for a complete draft', () => expect(draftFaults(COMPLETE, FACTS)).toEqual([]));

  const cases: [string, Partial<DeploymentDraft>, string][] = [
    ['no model', { model: null }, 'model'],
    ['a model name that folders cannot have', { model: { ...UPLOAD, name: 'a b' } }, 'model-name'],
    ['no instance type', { instanceType: null }, 'instance-type'],
    ['no instances', { instanceCount: 0 }, 'instance-count'],
    ['a name that is taken', endpoint(true, 'Taken'), 'endpoint-name'],
    ['a name with two dashes', endpoint(true, 'a--b'), 'endpoint-name'],
    ['an endpoint that is gone', endpoint(false, 'gone'), 'endpoint-name'],
    ['a deployment that exists', { deployment: 'GREEN' }, 'deployment-name'],
  ];
  test.each(cases)('name the field of %s', (_what, changes, field) => {
    expect(draftFaults({ ...COMPLETE, ...changes }, FACTS).map((fault) => fault.field)).toEqual([field]);
  });

  test('allow the name of the deployment that is edited', () => {
    expect(draftFaults({ ...COMPLETE, deployment: 'green', replaces: true }, FACTS)).toEqual([]);
  });

  test('hold an upload back until it is complete', () => {
    const faults = draftFaults({ ...COMPLETE, model: { ...UPLOAD, id: '' } }, { ...FACTS, servable: null });
    expect(faults).toEqual([{ field: 'model', message: 'The upload is not complete.' }]);
  });

  test('tell why a model cannot be served', () => {
    const servable = { ok: false, reason: 'This is a Triton model repository.' };
    expect(draftFaults(COMPLETE, { ...FACTS, servable })).toEqual([{ field: 'model', message: servable.reason }]);
  });
});

test.each([
  ['deployment', '/request_settings/request_timeout_ms', 'request-timeout'],
  ['deployment', '/readiness_probe/period', 'readiness-probe'],
  ['deployment', '/name', 'deployment-name'],
  ['endpoint', '/name', 'endpoint-name'],
  ['model', '/name', 'model-name'],
  ['model', '/path', 'model'],
  ['deployment', '/unheard_of', null],
] as const)('a fault of the %s request at %s stands at %s', (step, pointer, field) => {
  expect(fieldOfPointer(step, pointer)).toBe(field);
});
