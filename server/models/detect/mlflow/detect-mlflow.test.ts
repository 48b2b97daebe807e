import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { detectedModelSchema } from '#lib/contracts/model.ts';
import { detectModel } from '../detect-model.ts';

/** Saved by MLflow 3.17; the models themselves are left out, since nothing of them may be read. */
const FIXTURES = join(import.meta.dirname, '../testing/mlflow');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-detect-mlflow-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

const detect = async (path: string) => detectedModelSchema.parse(await detectModel(path));

test('a model of columns tells its signature, its example and its Python', async () => {
  const detected = await detect(join(FIXTURES, 'frame'));
  expect(detected).toMatchObject({
    format: 'mlflow',
    servable: true,
    reason: 'Needs Python 3.11 with scikit-learn 1.9.1.',
    entry: 'MLmodel',
    warnings: [],
    outputs: [{ name: 'output-0', datatype: 'INT64', shape: [null] }],
    sample_request: {
      input_data: {
        columns: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
        data: [
          [5.1, 3.5, 1.4, 0.2],
          [4.9, 3, 1.4, 0.2],
        ],
      },
    },
    mlflow: {
      flavors: ['sklearn', 'python_function'],
      flavor: 'sklearn',
      loader_module: 'mlflow.sklearn',
      mlflow_version: '3.17.2',
      model_uuid: '7604351c74a34a69966ace9f32f45166',
      run_id: null,
      model_size_bytes: 11_544,
      utc_time_created: '2026-11-22 22:42:13.210787',
      runs_code_from: [],
    },
    python: {
      version: '3.11.7',
      conda_packages: [],
      files: ['conda.yaml', 'python_env.yaml', 'requirements.txt'],
    },
  });
  expect(detected.inputs[0]).toEqual({ name: 'sepal length (cm)', datatype: 'FP64', shape: [null] });
  expect(detected.mlflow?.signature?.params).toEqual([
    { name: 'threshold', type: 'double', default: 0.5, shape: null },
  ]);
  expect(detected.python?.requirements).toContain('scikit-learn==1.9.1');
});

test('a model of one tensor takes its example as nested lists', async () => {
  expect(await detect(join(FIXTURES, 'array'))).toMatchObject({
    inputs: [{ name: 'input-0', datatype: 'FP64', shape: [null, 4] }],
    sample_request: {
      input_data: [
        [5.1, 3.5, 1.4, 0.2],
        [4.9, 3, 1.4, 0.2],
      ],
    },
  });
});

test('code of one’s own tells every kind of column, its parameters, and what is run to load it', async () => {
  await cp(join(FIXTURES, 'custom'), join(folder, 'model'), { recursive: true });
  await write('model/python_model.pkl', 'never read');
  await write('model/code/rules.py', 'raise RuntimeError("never run")');
  const detected = await detect(folder);
  expect(detected).toMatchObject({
    entry: 'model/MLmodel',
    reason: 'Needs Python 3.11 with mlflow 3.17.2.',
    mlflow: { flavor: 'python_function', runs_code_from: ['code/rules.py', 'python_model.pkl'] },
    python: { files: ['model/conda.yaml', 'model/python_env.yaml', 'model/requirements.txt'] },
    sample_request: { input_data: { columns: ['s', 'i', 'l', 'b', 'd', 'f', 't', 'arr', 'o'] }, params: { k: 1 } },
  });
  expect(detected.mlflow?.signature?.inputs.map(({ type }) => type)).toEqual([
    'string',
    'integer',
    'long',
    'boolean',
    'double',
    'float',
    'datetime',
    'Array(double)',
    '{a: long, b: Array(string)}',
  ]);
  const datatypes = ['BYTES', 'INT32', 'INT64', 'BOOL', 'FP64', 'FP32', 'BYTES', 'FP64', 'MAP'];
  expect(detected.inputs.map(({ datatype }) => datatype)).toEqual(datatypes);
});

test('without an example, a row is made that the signature allows', async () => {
  await write(
    'MLmodel',
    `flavors:
  python_function:
    loader_module: mlflow.sklearn
signature:
  inputs: '[{"type": "double", "name": "a"}, {"type": "string", "name": "b"}, {"type": "datetime", "name": "c"},
    {"type": "array", "items": {"type": "long"}, "name": "d", "required": false}]'
`,
  );
  const detected = await detect(folder);
  expect(detected.sample_request).toEqual({
    input_data: { columns: ['a', 'b', 'c', 'd'], data: [[0.5, 'text', '2026-01-01T00:00:00', [1]]] },
  });
  expect(detected.mlflow?.signature?.inputs[3]).toEqual({
    name: 'd',
    type: 'Array(long)',
    shape: null,
    required: false,
  });
});

test('without files of an environment, the versions of the flavours count', async () => {
  const flavors = 'flavors:\n  python_function:\n    python_version: 3.10.4\n  sklearn:\n    sklearn_version: 1.2.10\n';
  await write('MLmodel', `${flavors}mlflow_version: 2.10\nrun_id: 12345e67\n`);
  const detected = await detect(folder);
  expect(detected).toMatchObject({
    servable: true,
    reason: 'Needs Python 3.10 with scikit-learn 1.2.10.',
    python: { version: '3.10.4', requirements: ['mlflow==2.10', 'scikit-learn==1.2.10'], files: [] },
    mlflow: { run_id: '12345e67', signature: null },
    sample_request: null,
  });
  expect(detected.warnings).toEqual([
    expect.stringContaining('no signature'),
    expect.stringContaining('does not say which packages'),
  ]);
});

test('packages that only conda has are told apart', async () => {
  await write('MLmodel', 'flavors:\n  python_function:\n    env: conda.yaml\n');
  await write(
    'conda.yaml',
    'dependencies:\n- python=3.10\n- conda-forge::libgomp=13.2\n- pip<=23\n- pip:\n  - scikit-learn==1.2.0\n  - mlflow\n',
  );
  expect((await detect(folder)).python).toEqual({
    version: '3.10',
    requirements: ['scikit-learn==1.2.0', 'mlflow'],
    conda_packages: ['conda-forge::libgomp=13.2'],
    files: ['conda.yaml'],
  });
});

test('a model without the common flavour is refused in words', async () => {
  await write('MLmodel', 'flavors:\n  crate:\n    version: 1\n');
  expect(await detect(folder)).toMatchObject({
    format: 'mlflow',
    servable: false,
    reason: expect.stringContaining('no python_function flavour (it has crate)'),
  });
});

test.each([
  ['no YAML', 'flavors: [', 'is no YAML that can be read'],
  ['no flavours', 'name: x', 'names no flavours'],
  ['aliases that unfold', bomb(), 'is no YAML that can be read'],
  ['too large a file', 'x'.repeat(1024 * 1024 + 1), 'is larger than 1024 KiB'],
])('%s is told, not thrown', async (_, text, words) => {
  await write('MLmodel', text);
  expect(await detect(folder)).toMatchObject({
    format: 'mlflow',
    servable: false,
    reason: expect.stringContaining(words),
  });
});

test('a broken part is a warning and the rest is shown', async () => {
  await cp(join(FIXTURES, 'frame'), folder, { recursive: true });
  await write('serving_input_example.json', '{"dataframe_split": ');
  await write('requirements.txt', '');
  await write('conda.yaml', 'dependencies: [');
  const detected = await detect(folder);
  expect(detected).toMatchObject({ servable: true, mlflow: { flavor: 'sklearn' } });
  expect(detected.warnings).toEqual([
    expect.stringContaining('serving_input_example.json is not valid JSON'),
    expect.stringContaining('The environment is no YAML'),
    expect.stringContaining('does not say which packages'),
  ]);
});

test('nesting without end is unreadable, no more', async () => {
  const deep = `[${'{"type":"array","items":'.repeat(20_000)}{"type":"long"}${'}'.repeat(20_000)}]`;
  await write('MLmodel', `flavors:\n  python_function: {}\nsignature:\n  inputs: '${deep}'\n`);
  expect((await detect(folder)).warnings[0]).toContain('a signature that cannot be read');
});

test('a path that leads out of the folder names nothing', async () => {
  await write('model/MLmodel', 'flavors:\n  python_function:\n    env: ../outside.yaml\n');
  await write('outside.yaml', 'dependencies:\n- pip:\n  - stolen\n');
  expect((await detect(join(folder, 'model'))).python).toMatchObject({ files: [], requirements: ['mlflow'] });
});

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
    lines.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\nflavors: {python_function: *g}\n`;
}
