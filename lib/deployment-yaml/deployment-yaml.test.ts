import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import {
  type DeploymentDraft,
  deploymentBodyOf,
  EMPTY_DRAFT,
  faultOfName,
  faultsOfDraft,
  suggestDeploymentName,
} from './deployment-draft.ts';
import { renderCurl, renderYaml } from './render-deployment.ts';

const draft: DeploymentDraft = {
  ...EMPTY_DRAFT,
  modelPath: 'sample:iris-1',
  modelName: 'iris',
  modelVersion: '1',
  endpointName: 'fraud-score',
  instanceType: 'cpu-1',
  requestTimeoutMs: 5_000,
  readinessFailureThreshold: 60,
};

describe('YAML', () => {
  test('reads back as exactly the bodies that are sent', () => {
    const [endpoint, deployment] = parseAllDocuments(renderYaml(draft)).map(
      (document) => document.toJS() as Record<string, unknown>,
    );
    expect(endpoint).toEqual({ $schema: expect.any(String), name: 'fraud-score', auth_mode: 'key' });
    expect(deployment).toEqual({ $schema: expect.any(String), ...deploymentBodyOf(draft) });
  });

  test('of an existing endpoint it is the deployment alone', () => {
    expect(parseAllDocuments(renderYaml({ ...draft, isNewEndpoint: false }))).toHaveLength(1);
  });

  test.each(['true', 'no', '12', '1e3', 'a: b', '- x', '#x', ' x', "it's", 'a"b', ''])(
    'the name %j stays the same text',
    (name) => {
      const text = renderYaml({ ...draft, isNewEndpoint: false, instanceType: name });
      expect((parse(text) as { instance_type: string }).instance_type).toBe(name);
    },
  );
});

test('the curl calls come in order, register first, and quote for a shell', () => {
  const text = renderCurl({ ...draft, modelPath: "upload:it's" }, 'http://127.0.0.1:3001/api/v1');
  const urls = [...text.matchAll(/curl -X (\w+) '([^']+)'/g)].map((match) => `${match[1]} ${match[2]}`);
  expect(urls).toEqual([
    'PUT http://127.0.0.1:3001/api/v1/models/iris/versions/1',
    'PUT http://127.0.0.1:3001/api/v1/endpoints/fraud-score',
    'PUT http://127.0.0.1:3001/api/v1/endpoints/fraud-score/deployments/blue?all_traffic=true',
  ]);
  expect(text).toContain(String.raw`it'\''s`);
});

test('names follow the endpoint rule', () => {
  for (const good of ['abc', 'a-b-c', 'Blue9']) expect(faultOfName(good)).toBeNull();
  for (const bad of ['ab', 'a--b', '9ab', 'ab-', 'a_b', 'x'.repeat(33)]) expect(faultOfName(bad)).not.toBeNull();
});

test('the next free colour is suggested', () => {
  expect(suggestDeploymentName([])).toBe('blue');
  expect(suggestDeploymentName(['blue', 'amber'])).toBe('green');
});

test('what is missing is named by field', () => {
  expect(Object.keys(faultsOfDraft(EMPTY_DRAFT, []))).toEqual([
    'modelPath',
    'modelName',
    'endpointName',
    'instanceType',
  ]);
  expect(faultsOfDraft(draft, ['blue'])).toEqual({ deploymentName: 'The endpoint has a deployment of this name' });
});
