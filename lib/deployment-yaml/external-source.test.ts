import { describe, expect, test } from 'vitest';
import { deploymentWriteSchema } from '../contracts/deployment.ts';
import { type DeploymentDraft, EMPTY_DRAFT } from './draft.ts';
import { draftFaults, fieldOfPointer } from './draft-faults.ts';
import { type ChosenDraft, forReading, planRequests } from './draft-requests.ts';
import { draftToYaml } from './draft-to-yaml.ts';
import { EMPTY_EXTERNAL, type ExternalForm, externalSource } from './external-source.ts';

const FORM: ExternalForm = {
  urls: ' http://models.example:8000 \n\nhttps://10.0.0.2/v2\n',
  healthPath: '/health',
  grpcPort: '',
  headers: [
    { name: 'Authorization', value: 'Bearer s3cret' },
    { name: '', value: '' },
  ],
};
const FACTS = { endpoints: ['iris'], deployments: ['blue'], servable: null };

function draft(form: ExternalForm): ChosenDraft {
  const whole: DeploymentDraft = {
    ...EMPTY_DRAFT,
    model: externalSource(form),
    endpoint: { ...EMPTY_DRAFT.endpoint, isNew: false, name: 'iris' },
    deployment: 'green',
  };
  return whole as ChosenDraft;
}

describe('servers that run already', () => {
  test('are one request without model, size and count', () => {
    const requests = planRequests(draft(FORM));
    expect(requests.map(({ step }) => step)).toEqual(['deployment']);
    expect(deploymentWriteSchema.parse(requests[0]?.body)).toEqual({
      type: 'external',
      external: {
        urls: ['http://models.example:8000', 'https://10.0.0.2/v2'],
        health_path: '/health',
        headers: { Authorization: 'Bearer s3cret' },
      },
    });
  });

  test('name a port for gRPC where they have one of its own', () => {
    const body = planRequests(draft({ ...FORM, grpcPort: ' 8001 ' }))[0]?.body;
    expect(deploymentWriteSchema.parse(body)).toMatchObject({ external: { grpc_port: 8001 } });
  });

  test('are named after the host of the first, or not at all', () => {
    expect(externalSource(FORM).name).toBe('models');
    expect(externalSource({ ...EMPTY_EXTERNAL, urls: 'http://10.0.0.2' }).name).toBe('external');
    expect(externalSource({ ...EMPTY_EXTERNAL, urls: 'no url' }).name).toBe('');
  });

  test('are told without their secrets in texts that people keep', () => {
    const text = draftToYaml(forReading(draft(FORM)));
    expect(text).not.toContain('s3cret');
    expect(text).toContain('Authorization: <value of Authorization>');
  });

  test.each<[string, Partial<ExternalForm>, string]>([
    ['no URL', { urls: ' \n' }, 'external-urls'],
    ['a URL of nothing that is called', { urls: 'ftp://a' }, 'external-urls'],
    ['a health path that is none', { healthPath: 'health' }, 'external-health-path'],
    ['a port of gRPC that is none', { grpcPort: '8001/tcp' }, 'external-grpc-port'],
    ['a header of the gateway', { headers: [{ name: 'Host', value: 'x' }] }, 'external-headers'],
    ['a header without a value', { headers: [{ name: 'a', value: '' }] }, 'external-headers'],
  ])('with %s show the fault at its field', (_what, change, field) => {
    expect(draftFaults(draft({ ...FORM, ...change }), FACTS)).toMatchObject([{ field }]);
  });

  test('need no instance type', () => {
    expect(draftFaults(draft(FORM), FACTS)).toEqual([]);
  });

  test.each([
    ['/external', 'external-urls'],
    ['/external/grpc_port', 'external-grpc-port'],
    ['/external/urls/1', 'external-urls'],
    ['/external/headers/Authorization', 'external-headers'],
    ['/external/health_path', 'external-health-path'],
  ])('a fault of the request at %s stands at %s', (pointer, field) => {
    expect(fieldOfPointer('deployment', pointer)).toBe(field);
  });
});
