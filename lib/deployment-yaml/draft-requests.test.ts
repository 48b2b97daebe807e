// oxlint-disable-next-line no-restricted-imports -- commands are tried in the shell that they are for
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { deploymentWriteSchema } from '../contracts/deployment.ts';
import { endpointWriteSchema } from '../contracts/endpoint.ts';
import { modelVersionWriteSchema } from '../contracts/model.ts';
import { type DeploymentDraft, EMPTY_DRAFT } from './draft.ts';
import { type ModelSource, parseModelReference } from './model-source.ts';
import { planRequests, requestLine } from './draft-requests.ts';
import { draftToYaml } from './draft-to-yaml.ts';
import { requestsToCurl, uploadsOf } from './requests-to-curl.ts';
import { CODE_FOLDER, NEW_SCRIPT, scriptSource } from './script-source.ts';

const SAMPLE: ModelSource = { kind: 'sample', id: 'iris-1', name: 'iris' };
const UPLOAD = {
  kind: 'upload',
  id: 'up_1',
  filename: "o'brien.onnx",
  isFolder: false,
  sizeBytes: 10,
  name: 'churn',
} as const;
const EXISTING = { isNew: false, name: 'iris', description: '', authMode: 'key' as const };

function draft(changes: Partial<DeploymentDraft>) {
  const whole = {
    ...EMPTY_DRAFT,
    model: SAMPLE,
    instanceType: 'cpu-1',
    endpoint: { isNew: true, name: 'Iris', description: '', authMode: 'key' as const },
    deployment: 'blue',
    ...changes,
  };
  return whole as DeploymentDraft & { model: ModelSource };
}

describe('the requests of a draft', () => {
  test('register the model, make the endpoint and then the deployment, writing over nothing', () => {
    const lines = planRequests(draft({})).map(requestLine);
    expect(lines.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /models/iris/versions',
      'PUT /endpoints/iris',
      'PUT /endpoints/iris/deployments/blue?all_traffic=true',
    ]);
    expect(lines.slice(1).every(({ headers }) => headers['if-none-match'] === '*')).toBe(true);
  });

  test('leave out what exists', () => {
    const model: ModelSource = { kind: 'registered', name: 'iris', version: '3' };
    const requests = planRequests(draft({ model, endpoint: EXISTING, takesAllTraffic: false }));
    expect(requests.map(requestLine).map(({ path }) => path)).toEqual(['/endpoints/iris/deployments/blue']);
    expect(requests[0]?.body).toMatchObject({ model: 'azureml:iris:3' });
  });

  test('write over a deployment only when it is edited', () => {
    expect(
      planRequests(draft({ replaces: true }))
        .map(requestLine)
        .at(-1)?.headers,
    ).toEqual({});
  });

  test('are bodies that the contract takes, with defaults left out', () => {
    const requests = planRequests(
      draft({
        requestSettings: { ...EMPTY_DRAFT.requestSettings, request_timeout_ms: 5000 },
        readinessProbe: { ...EMPTY_DRAFT.readinessProbe, period: 2 },
      }),
    );
    expect(modelVersionWriteSchema.parse(requests[0]?.body)).toEqual({ path: 'sample:iris-1' });
    expect(endpointWriteSchema.parse(requests[1]?.body)).toEqual({ auth_mode: 'key' });
    const tokens = { ...EMPTY_DRAFT.endpoint, name: 'iris', authMode: 'aml_token' as const };
    expect(planRequests(draft({ endpoint: tokens }))[1]?.body).toEqual({ auth_mode: 'aml_token' });
    expect(deploymentWriteSchema.parse(requests[2]?.body)).toEqual({
      model: 'azureml:iris@latest',
      instance_type: 'cpu-1',
      instance_count: 1,
      request_settings: { request_timeout_ms: 5000 },
      readiness_probe: { period: 2 },
    });
  });
});

describe('the YAML of a draft', () => {
  const bodies = (text: string) =>
    parseAllDocuments(text).map((document) => {
      const { $schema: _schema, ...body } = document.toJS() as Record<string, unknown>;
      return body;
    });

  test('holds an endpoint and a deployment that the API takes as bodies', () => {
    const [endpoint, deployment] = bodies(draftToYaml(draft({ model: UPLOAD })));
    expect(endpointWriteSchema.parse(endpoint).name).toBe('iris');
    const body = deploymentWriteSchema.parse(deployment);
    expect(body).toMatchObject({ name: 'blue', endpoint_name: 'iris', model: { name: 'churn', path: 'upload:up_1' } });
  });

  test('holds only the deployment where the endpoint exists', () => {
    expect(bodies(draftToYaml(draft({ endpoint: EXISTING })))).toHaveLength(1);
  });

  test('keeps any description whole', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (description) => {
        const [endpoint] = bodies(
          draftToYaml(draft({ endpoint: { isNew: true, name: 'iris', description, authMode: 'key' as const } })),
        );
        expect(endpoint?.['description']).toBe(description);
      }),
    );
  });
});

describe('the commands of a draft', () => {
  test('are syntax that a shell takes, and never hold a key', () => {
    for (const model of [SAMPLE, UPLOAD, { ...UPLOAD, filename: 'my model.tar', isFolder: true }]) {
      const whole = draft({ model });
      const text = requestsToCurl(planRequests(whole), 'http://127.0.0.1:3000/api/v1', uploadsOf(whole));
      expect(() => execFileSync('bash', ['-n'], { input: text })).not.toThrow();
      expect(text).toContain('$VIRIDIAN_API_KEY');
    }
  });

  test('send the bodies that the page sends, with the id of the upload that they make', () => {
    const whole = draft({ model: scriptSource(NEW_SCRIPT, UPLOAD) });
    const requests = planRequests(whole);
    const text = requestsToCurl(requests, 'http://h/api/v1', uploadsOf(whole));
    const stub =
      'curl() { while [ $# -gt 0 ]; do [ "$1" = -d ] && printf "%s\\n" "$2"; shift; done; }\nUPLOAD=up_9\nCODE=up_7\n';
    const script = stub + text.slice(text.indexOf('# Register'));
    const sent = execFileSync('bash', { input: script, encoding: 'utf8' }).trim().split('\n');
    const expected = requests.map(({ body }) =>
      JSON.stringify(body).replace('upload:up_1', 'upload:up_9').replace(CODE_FOLDER, 'upload:up_7'),
    );
    expect(sent).toEqual(expected);
  });
});

test('a reference is read with and without its prefix', () => {
  expect(parseModelReference('azureml:iris:3')).toEqual({ name: 'iris', version: '3' });
  expect(parseModelReference('iris:3')).toEqual({ name: 'iris', version: '3' });
  expect(parseModelReference('iris@latest')).toBeNull();
});
