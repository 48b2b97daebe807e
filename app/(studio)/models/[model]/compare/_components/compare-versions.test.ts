import { expect, test } from 'vitest';
import type { ModelVersion } from '#lib/contracts/model.ts';
import { compareVersions, isChanged } from './compare-versions.ts';

function version(changes: {
  inputs: string[];
  requirements: string[];
  accuracy?: number;
  sha256: string;
}): ModelVersion {
  const { inputs, requirements, accuracy, sha256 } = changes;
  const fields = inputs.map((name) => ({ name, type: 'double', shape: null, required: true }));
  return {
    detected: {
      format: 'mlflow',
      servable: true,
      reason: '',
      entry: 'MLmodel',
      inputs: [],
      outputs: [],
      sample_request: null,
      onnx: null,
      warnings: [],
      python: { version: '3.11.7', requirements, conda_packages: [], files: [] },
      mlflow: {
        flavors: [],
        flavor: 'sklearn',
        loader_module: null,
        mlflow_version: null,
        model_uuid: null,
        run_id: null,
        utc_time_created: null,
        model_size_bytes: null,
        signature: { inputs: fields, outputs: [], params: [] },
        metrics: accuracy === undefined ? {} : { accuracy },
        runs_code_from: [],
      },
    },
    // Every upload calls its folder otherwise.
    files: [{ path: `upload-${sha256}/MLmodel`, size_bytes: 1, sha256 }],
  } as unknown as ModelVersion;
}

test('signature, packages, metrics and files are compared by name', () => {
  const before = version({ inputs: ['a', 'b'], requirements: ['numpy==1.26', 'scipy'], accuracy: 0.9, sha256: 'x' });
  const after = version({ inputs: ['a', 'c'], requirements: ['numpy==2.4', 'scipy'], sha256: 'y' });
  const compared = compareVersions(before, after);
  expect(compared).toEqual({
    signature: [
      { name: 'input a', before: 'double, column', after: 'double, column' },
      { name: 'input b', before: 'double, column', after: null },
      { name: 'input c', before: null, after: 'double, column' },
    ],
    packages: [
      { name: 'Python', before: '3.11.7', after: '3.11.7' },
      { name: 'numpy', before: '==1.26', after: '==2.4' },
      { name: 'scipy', before: 'any', after: 'any' },
    ],
    metrics: [{ name: 'accuracy', before: '0.9', after: null }],
    files: [{ name: 'MLmodel', before: 'x', after: 'y' }],
  });
  expect(compared.packages.filter(isChanged).map(({ name }) => name)).toEqual(['numpy']);
});
