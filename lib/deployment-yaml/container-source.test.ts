// oxlint-disable-next-line no-restricted-imports -- commands are tried in the shell that they are for
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { deploymentWriteSchema } from '../contracts/deployment.ts';
import { CONTAINER_EXAMPLES, formOfExample } from './container-examples.ts';
import {
  type ContainerForm,
  containerSource,
  EMPTY_CONTAINER,
  parseVariables,
  privateRegistryOf,
} from './container-source.ts';
import { EMPTY_DRAFT } from './draft.ts';
import type { ModelSource } from './model-source.ts';
import { draftFaults, fieldOfPointer } from './draft-faults.ts';
import { type ChosenDraft, planRequests } from './draft-requests.ts';
import { draftToYaml } from './draft-to-yaml.ts';
import { requestsToCurl, uploadsOf } from './requests-to-curl.ts';

const FILES = { id: 'up_1', filename: 'server.tar', isFolder: true, sizeBytes: 10 };
const MODEL: ModelSource = { kind: 'registered', name: 'iris', version: '2' };
const IMAGE: ContainerForm = { ...EMPTY_CONTAINER, image: 'ghcr.io/team/server:1.0' };
const FACTS = { endpoints: ['iris'], deployments: [], servable: null };

function draft(form: ContainerForm, model: ModelSource | null = null): ChosenDraft {
  return {
    ...EMPTY_DRAFT,
    model: containerSource(form, model),
    instanceType: 'cpu-1',
    endpoint: { ...EMPTY_DRAFT.endpoint, isNew: false, name: 'iris' },
    deployment: 'blue',
  } as ChosenDraft;
}

const bodyOf = (form: ContainerForm, model: ModelSource | null = null) => {
  const body = planRequests(draft(form, model)).at(-1)?.body;
  return deploymentWriteSchema.parse(body);
};

describe('a container', () => {
  test('by image is one request with its routes', () => {
    expect(planRequests(draft(IMAGE)).map(({ step }) => step)).toEqual(['deployment']);
    expect(bodyOf({ ...IMAGE, port: '9000', probePort: '9001', livenessPath: '/live' })).toEqual({
      environment: {
        image: 'ghcr.io/team/server:1.0',
        inference_config: {
          liveness_route: { path: '/live', port: 9001 },
          readiness_route: { path: '/', port: 9001 },
          scoring_route: { path: '/score', port: 9000 },
        },
      },
      instance_type: 'cpu-1',
      instance_count: 1,
    });
  });

  test('without a port names none, so that the server is told one', () => {
    expect(bodyOf(IMAGE).environment).toMatchObject({ inference_config: { scoring_route: { path: '/score' } } });
    expect(JSON.stringify(bodyOf(IMAGE))).not.toContain('port');
  });

  test('names a port for gRPC where the server has one of its own', () => {
    expect(bodyOf({ ...IMAGE, port: '8000', grpcPort: ' 8001 ' }).environment).toMatchObject({
      inference_config: { grpc_route: { port: 8001 } },
    });
    expect(JSON.stringify(bodyOf(IMAGE))).not.toContain('grpc');
  });

  test('says what differs from the image and from the rules: command, variables, user, root, mount', () => {
    const form = {
      ...IMAGE,
      command: 'serve\n--name\na b\n',
      variables: '# keys\nTOKEN="a=b"\nexport MODE=fast',
      user: '1000:1000',
      isRootReadOnly: false,
      mountPath: '/models',
    };
    expect(bodyOf(form, MODEL)).toMatchObject({
      model: 'azureml:iris:2',
      model_mount_path: '/models',
      command: ['serve', '--name', 'a b'],
      environment_variables: { TOKEN: 'a=b', MODE: 'fast' },
      container: { read_only_root: false, user: '1000:1000' },
    });
  });

  test('by Dockerfile and by saved image name their uploads, or what is stored already', () => {
    const build = { ...EMPTY_CONTAINER, origin: 'dockerfile' as const, context: FILES, dockerfilePath: 'docker/Serve' };
    expect(bodyOf(build).environment).toMatchObject({
      build: { path: 'upload:up_1', dockerfile_path: 'docker/Serve' },
    });
    const archive = { ...EMPTY_CONTAINER, origin: 'archive' as const, archive: { ...FILES, stored: 'files:abc' } };
    expect(bodyOf(archive).environment).toMatchObject({ image_archive: 'files:abc' });
  });

  test('is told in YAML that the API takes', () => {
    const documents = parseAllDocuments(draftToYaml(draft(IMAGE, MODEL))).map((one) => one.toJS() as object);
    const { $schema: _schema, ...body } = documents[0] as Record<string, unknown>;
    expect(deploymentWriteSchema.parse(body)).toMatchObject({ name: 'blue', environment: { image: IMAGE.image } });
  });

  test.each(['dockerfile', 'archive'] as const)('by %s is told in commands that upload it first', (origin) => {
    const whole = draft({ ...EMPTY_CONTAINER, origin, context: FILES, archive: FILES });
    const text = requestsToCurl(planRequests(whole), 'http://h/api/v1', uploadsOf(whole));
    expect(() => execFileSync('bash', ['-n'], { input: text })).not.toThrow();
    expect(text.includes('unpack=false')).toBe(origin === 'archive');
    expect(text).not.toContain('up_1');
  });
});

describe('the faults of a container', () => {
  const faults = (changes: Partial<ContainerForm>) =>
    draftFaults(draft({ ...IMAGE, ...changes }), FACTS).map(({ field }) => field);

  test('are none for an image with its defaults', () => expect(faults({})).toEqual([]));

  test.each<[string, Partial<ContainerForm>, string]>([
    ['no image', { image: '' }, 'container-image'],
    ['an image that is a URL', { image: 'https://ghcr.io/a/b' }, 'container-image'],
    ['no context', { origin: 'dockerfile' }, 'container-context'],
    ['a context on its way', { origin: 'dockerfile', context: { ...FILES, id: '' } }, 'container-context'],
    ['no archive', { origin: 'archive' }, 'container-archive'],
    ['a port that is none', { port: '70000' }, 'container-port'],
    ['a port of the probes that is none', { probePort: 'http' }, 'container-probe-port'],
    ['a port of gRPC that is none', { grpcPort: '0' }, 'container-grpc-port'],
    ['a path with a query', { scoringPath: '/a?b' }, 'container-scoring-path'],
    ['a relative readiness path', { readinessPath: 'ready' }, 'container-readiness-path'],
    ['a variable without a value', { variables: 'TOKEN' }, 'container-variables'],
    ['a reserved variable', { variables: 'PORT=80' }, 'container-variables'],
    ['a user by name', { user: 'root' }, 'container-user'],
    ['a relative mount path', { mountPath: 'models' }, 'container-mount-path'],
  ])('name the field of %s', (_what, changes, field) => {
    expect(faults(changes)).toEqual([field]);
  });

  test('that the API finds stand at their fields', () => {
    expect(fieldOfPointer('deployment', '/environment/inference_config/grpc_route/port')).toBe('container-grpc-port');
    expect(fieldOfPointer('deployment', '/environment/image')).toBe('container-image');
    expect(fieldOfPointer('deployment', '/environment/build/dockerfile_path')).toBe('container-dockerfile');
    expect(fieldOfPointer('deployment', '/environment_variables/PORT')).toBe('container-variables');
  });
});

test.each(CONTAINER_EXAMPLES)('the example of $label can be sent as it is', (example) => {
  const form = formOfExample(example, EMPTY_CONTAINER);
  expect(draftFaults(draft(form, MODEL), FACTS)).toEqual([]);
  const body = bodyOf(form, MODEL);
  expect(body).toMatchObject({ environment: { image: example.form.image }, model_mount_path: example.form.mountPath });
  // The model lies below the mount path, in a folder of its name and version: whoever names it asks for that.
  expect(JSON.stringify([body.command, body.environment_variables])).toContain('$(AZUREML_MODEL_DIR)');
});

test('a registry that serves everybody asks for no hint', () => {
  expect(privateRegistryOf('debian:12')).toBeNull();
  expect(privateRegistryOf('ghcr.io/a/b:1')).toBeNull();
  expect(privateRegistryOf('registry.example.com:5000/a/b')).toBe('registry.example.com:5000');
  expect(privateRegistryOf('not an image')).toBeNull();
});

test('variables are read as an .env file has them, and each line that is none is named', () => {
  const { variables, faults } = parseVariables("A=1\n\n#c\nB='x y'\n1C=2\nD");
  expect(variables).toEqual({ A: '1', B: 'x y' });
  expect(faults).toHaveLength(2);
});
