import { expect, test } from 'vitest';
import { looksLikeModel, MAX_CODE_BYTES, sortDroppedFiles } from './sort-dropped-files.ts';

const SCRIPT = 'def init():\n    pass\n\ndef run(data):\n    return data\n';
const file = (path: string, text = '') => ({ path, file: new Blob([text]) });

test('the output of AutoML fills in script, packages and model', async () => {
  const sorted = await sortDroppedFiles([
    file('automl/conda_env_v_1_0_0.yml', 'dependencies: []'),
    file('automl/model.pkl', 'bytes'),
    file('automl/scoring_file_pbi_v_1_0_0.py', SCRIPT),
    file('automl/scoring_file_v_2_0_0.py', SCRIPT),
  ]);
  expect(sorted).toMatchObject({
    scoringScript: 'scoring_file_v_2_0_0.py',
    conda: 'dependencies: []',
    pip: null,
    model: [{ path: 'model.pkl' }],
  });
});

test('a folder of code keeps its paths, and a model in it goes its own way', async () => {
  const sorted = await sortDroppedFiles([
    file('app/score.py', 'from lib.entry import init, run'),
    file('app/lib/entry.py', SCRIPT),
    file('app/requirements.txt', 'numpy'),
    file('app/model/MLmodel', 'flavors: {}'),
    file('app/model/conda.yaml', 'of the model'),
    file('app/weights.bin', 'bytes'),
    file('app/__pycache__/score.pyc', 'bytes'),
    file('app/.git/config', ''),
  ]);
  expect(sorted?.code.map(({ path }) => path)).toEqual(['lib/entry.py', 'requirements.txt', 'score.py']);
  expect(sorted).toMatchObject({ scoringScript: 'score.py', conda: null, pip: 'numpy' });
  expect(sorted?.model.map(({ path }) => path)).toEqual(['model/MLmodel', 'model/conda.yaml', 'weights.bin']);
});

test('files without a script are none', async () => {
  expect(await sortDroppedFiles([file('helper.py', 'x = 1'), file('model.pkl')])).toBeNull();
  expect(await sortDroppedFiles([])).toBeNull();
});

test('more text than a form holds is refused in words', async () => {
  const files = [file('score.py', SCRIPT), file('data.csv', 'x'.repeat(MAX_CODE_BYTES))];
  await expect(sortDroppedFiles(files)).rejects.toThrow('more than 1 MiB of text');
});

test.each([
  [['m/MLmodel', 'm/score.py'], true],
  [['repo/net/config.pbtxt'], true],
  [['net.ONNX'], true],
  [['.git/MLmodel', 'score.py'], false],
  [['model.pkl', 'scoring_file_v_1.py'], false],
])('%j looks like a model: %j', (paths, expected) => expect(looksLikeModel(paths)).toBe(expected));
