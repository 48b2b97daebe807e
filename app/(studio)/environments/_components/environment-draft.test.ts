import { describe, expect, test } from 'vitest';
import { environmentVersionWriteSchema } from '#lib/contracts/environment.ts';
import {
  type EnvironmentDraft,
  environmentBody,
  environmentFaults,
  fieldOfEnvironmentPointer,
} from './environment-draft.ts';

const UPLOAD = { id: 'up_1', filename: 'a.tar', isFolder: true, sizeBytes: 1 };
const DRAFT: EnvironmentDraft = {
  name: 'py',
  origin: 'packages',
  image: '',
  packages: 'pip',
  pip: 'numpy==2.4.6',
  conda: 'dependencies: [numpy]',
  context: UPLOAD,
  dockerfilePath: 'Dockerfile',
  archive: UPLOAD,
  description: '',
};

describe('the body of an environment version', () => {
  test.each<[string, Partial<EnvironmentDraft>, object]>([
    ['pip packages', {}, { pip_requirements: 'numpy==2.4.6' }],
    [
      'conda packages on an image',
      { packages: 'conda', image: ' debian:12 ', description: ' base ' },
      { image: 'debian:12', conda_file: 'dependencies: [numpy]', description: 'base' },
    ],
    ['an image', { origin: 'image', image: 'debian:12' }, { image: 'debian:12' }],
    ['a Dockerfile', { origin: 'dockerfile' }, { build: { path: 'upload:up_1', dockerfile_path: 'Dockerfile' } }],
    ['a saved image', { origin: 'archive' }, { image_archive: 'upload:up_1' }],
  ])('of %s holds nothing of the other origins', (_what, changes, body) => {
    expect(environmentVersionWriteSchema.parse(environmentBody({ ...DRAFT, ...changes }))).toEqual(body);
    expect(environmentFaults({ ...DRAFT, ...changes })).toEqual({});
  });
});

test.each<[string, Partial<EnvironmentDraft>, string]>([
  ['no name', { name: '' }, 'name'],
  ['no packages', { pip: ' ' }, 'packages'],
  ['a base image that is none', { image: 'https://a' }, 'image'],
  ['no image', { origin: 'image' }, 'image'],
  ['no context', { origin: 'dockerfile', context: null }, 'context'],
  ['a context on its way', { origin: 'dockerfile', context: { ...UPLOAD, id: '' } }, 'context'],
  ['no Dockerfile', { origin: 'dockerfile', dockerfilePath: '' }, 'dockerfile'],
  ['no saved image', { origin: 'archive', archive: null }, 'archive'],
])('%s is a fault of its field', (_what, changes, field) => {
  expect(Object.keys(environmentFaults({ ...DRAFT, ...changes }))).toEqual([field]);
});

test.each([
  ['/build/dockerfile_path', 'dockerfile'],
  ['/build/path', 'context'],
  ['/image_archive', 'archive'],
  ['/image', 'image'],
  ['/pip_requirements', 'packages'],
  ['/tags/a', null],
] as const)('a refusal of %s stands at %s', (pointer, field) => {
  expect(fieldOfEnvironmentPointer(pointer)).toBe(field);
});
