import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { detectModel } from './detect-model.ts';
import { definesScoring } from './scoring-hints.ts';

const SCRIPT = 'def init():\n    pass\n\ndef run(data):\n    return data\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-detect-scoring-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function hintsOf(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return (await detectModel(folder)).scoring ?? null;
}

describe('a scoring script is known by its text', () => {
  test.each([
    [SCRIPT, true],
    ['async def run(data):\n  return data\ndef init(): ...\n', true],
    ['from shared.entry import init, run\n', true],
    ['init = setup\n@rawhttp\ndef run (request):\n  pass\n', true],
    ['def init():\n  def run(x):\n    pass\n', false],
    ['class A:\n  def init(self): ...\n  def run(self): ...\n', false],
    ['# def init():\n# def run(x):\n', false],
    ['def initialise(): ...\ndef runner(x): ...\n', false],
    ['', false],
  ])('%j: %j', (text, isScoring) => expect(definesScoring(text)).toBe(isScoring));
});

test('the output of AutoML names its script, packages and model', async () => {
  const hints = await hintsOf({
    'scoring_file_pbi_v_1_0_0.py': SCRIPT,
    'scoring_file_v_2_0_0.py': SCRIPT,
    'conda_env_v_1_0_0.yml': 'dependencies: []',
    'model.pkl': 'never read',
  });
  expect(hints).toEqual({
    kind: 'automl',
    entry_script: 'scoring_file_v_2_0_0.py',
    conda_file: 'conda_env_v_1_0_0.yml',
    requirements_file: null,
    model_file: 'model.pkl',
  });
});

test('of several scripts, score.py nearest to the top is the one', async () => {
  const hints = await hintsOf({
    'src/main.py': SCRIPT,
    'src/score.py': SCRIPT,
    'src/helper.py': 'x = 1',
    'requirements.txt': 'numpy',
    'src/deep/score.py': SCRIPT,
  });
  expect(hints).toMatchObject({
    kind: 'script',
    entry_script: 'src/score.py',
    requirements_file: 'requirements.txt',
    conda_file: null,
    model_file: null,
  });
});

test('a script that only calls itself score.py is none', async () => {
  expect(await hintsOf({ 'score.py': 'print("hello")', 'predict.py': SCRIPT })).toMatchObject({
    entry_script: 'predict.py',
  });
});

test('a folder with nothing but a script says how it can be deployed', async () => {
  await hintsOf({ 'score.py': SCRIPT });
  expect(await detectModel(folder)).toMatchObject({
    format: 'unknown',
    servable: false,
    reason: 'Holds the scoring script score.py. Deploy it with the low-code way.',
  });
});
