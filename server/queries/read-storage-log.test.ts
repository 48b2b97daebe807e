import { expect, test } from 'vitest';
import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { describeStorage } from './read-storage-log.ts';

const spec = (change: Partial<DeploymentSpec>): DeploymentSpec =>
  ({ model: { name: 'iris', version: '3', entry: null }, ...change }) as DeploymentSpec;

const version = (count: number): ModelVersionRecord => {
  const files = Array.from({ length: count }, (_, index) => ({ path: `part-${index}`, size_bytes: 7, sha256: 'ab' }));
  return {
    modelName: 'iris',
    version: '3',
    sizeBytes: 7 * count,
    sha256: 'cd',
    files,
  } as unknown as ModelVersionRecord;
};

const CONTAINER = { modelMountPath: '/models' } as DeploymentSpec['container'];

test('an instance is told to have its model with each file, size and hash, and where it finds it', () => {
  expect(describeStorage(spec({ container: CONTAINER! }), version(1))).toEqual([
    'Model iris, version 3: 1 file, 7 bytes, sha256:cd',
    'part-0, 7 bytes, sha256:ab',
    'Mounted read-only at /models/iris/3 (AZUREML_MODEL_DIR); nothing was copied.',
  ]);
  expect(describeStorage(spec({}), version(1)).at(-1)).toBe(
    'Read where the registry keeps it (AZUREML_MODEL_DIR); nothing was copied.',
  );
});

test('thousands of files are counted, a missing model is said, and code is told by its hash', () => {
  expect(describeStorage(spec({}), version(500))).toContain('and 300 more files');
  expect(describeStorage(spec({}), null)).toEqual(['Model iris, version 3 is not in the registry any more.']);
  const code = { files: 'ef', scoringScript: 'score.py' };
  expect(describeStorage(spec({ model: null, code }), null)).toEqual([
    'There is no model to provide.',
    'Code with score.py, sha256:ef: read where it is kept; nothing was copied.',
  ]);
});
