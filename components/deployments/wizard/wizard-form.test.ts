import { describe, expect, test } from 'vitest';
import type { Deployment } from '#lib/contracts/deployment.ts';
import { LIVENESS_DEFAULTS, READINESS_DEFAULTS } from '#lib/contracts/deployment-defaults.ts';
import type { EnvironmentVersion } from '#lib/contracts/environment.ts';
import { type ChosenDraft, deploymentBody } from '#lib/deployment-yaml/draft-requests.ts';
import { type FormFacts, resolveForm } from './resolve-form.ts';
import { choosing, type DeploymentParts, formOfDeployment, standardsOf } from './wizard-form.ts';

const FACTS: FormFacts = { endpoints: [], instanceTypes: [], registeredAs: null, modelBytes: null, host: null };
const ANONYMOUS = 'azureml:anonymous-03d713692e0e:1';

function scripted(changes: Partial<Deployment> = {}): Deployment {
  return {
    name: 'blue',
    endpoint_name: 'shop',
    type: 'managed',
    description: '',
    tags: {},
    properties: {},
    model: null,
    code_configuration: { code: 'files:abc', scoring_script: 'score.py' },
    environment: ANONYMOUS,
    environment_variables: {},
    instance_type: 'cpu-1',
    instance_count: 1,
    app_insights_enabled: false,
    scale_settings: { type: 'default' },
    request_settings: { ...standardsOf('low-code').request },
    liveness_probe: LIVENESS_DEFAULTS,
    readiness_probe: READINESS_DEFAULTS,
    runtime: 'process',
    deployment_kind: 'scoring_script',
    ...changes,
  } as Deployment;
}

function parts(files: Record<string, string | null>, definition: Partial<EnvironmentVersion>): DeploymentParts {
  const listed = Object.entries(files).map(([path, text]) => ({ path, size_bytes: 1, text }));
  return { code: { scoring_script: 'score.py', files: listed }, environment: definition as EnvironmentVersion };
}

/** What the form writes when nothing is changed in it. */
function written(deployment: Deployment, of: DeploymentParts) {
  return deploymentBody(resolveForm(formOfDeployment('id', deployment, of), FACTS) as ChosenDraft);
}

describe('the form of a deployment with a script', () => {
  test('opens its code and its packages to be written on', () => {
    const { method, tab, script } = formOfDeployment(
      'id',
      scripted(),
      parts({ 'parts/a.py': 'A = 1', 'score.py': 'run = len' }, { pip_requirements: 'six==1.17.0\n' }),
    );
    expect({ method, tab }).toEqual({ method: 'low-code', tab: 'none' });
    expect(script).toMatchObject({
      files: [
        { path: 'parts/a.py', text: 'A = 1' },
        { path: 'score.py', text: 'run = len' },
      ],
      scoringScript: 'score.py',
      stored: null,
      packages: 'pip',
      pip: 'six==1.17.0\n',
    });
  });

  test('keeps code that is not all text as it was deployed', () => {
    const { script } = formOfDeployment('id', scripted(), parts({ 'score.py': 'x', 'w.bin': null }, {}));
    expect(script).toMatchObject({ files: [], stored: 'files:abc' });
    expect(formOfDeployment('id', scripted(), { code: null, environment: null }).script.stored).toBe('files:abc');
  });

  test('names an environment that others use instead of taking its packages over', () => {
    const named = scripted({ environment: 'azureml:sklearn:3' });
    const { script } = formOfDeployment('id', named, parts({ 'score.py': 'x' }, { pip_requirements: 'six' }));
    expect(script).toMatchObject({ packages: 'registered', environment: { name: 'sklearn', version: '3' } });
  });

  test('writes back what no section asks for, and nothing of what was filled in by itself', () => {
    const kept = {
      description: 'Of the shop',
      tags: { team: 'flowers' },
      environment_variables: { WORKER_COUNT: '2' },
      scale_settings: { type: 'target_utilization', max_instances: 3 },
      runtime: 'docker' as const,
    };
    const of = parts({ 'score.py': 'x', 'w.bin': null }, { conda_file: 'dependencies: []\n' });
    const plain = {
      code_configuration: { code: 'files:abc', scoring_script: 'score.py' },
      environment: { conda_file: 'dependencies: []\n' },
      instance_type: 'cpu-1',
      instance_count: 1,
    };
    expect(written(scripted(kept), of)).toEqual({ ...kept, ...plain });
    expect(written(scripted(), of)).toEqual(plain);
  });
});

describe('another method', () => {
  test('asks for no model where none is needed, and keeps one that was chosen', () => {
    const model = { kind: 'registered', name: 'iris', version: '1' } as const;
    expect(choosing('low-code', { tab: 'sample', model: null })).toEqual({ method: 'low-code', tab: 'none' });
    expect(choosing('low-code', { tab: 'registered', model })).toEqual({ method: 'low-code' });
    expect(choosing('no-code', { tab: 'none', model: null })).toEqual({ method: 'no-code', tab: 'sample' });
  });
});
