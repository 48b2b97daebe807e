import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, test } from 'vitest';
import { parseCondaFile } from './parse-conda-file.ts';

const parse = (text: string | Record<string, unknown>) => parseCondaFile(text, { file: 'conda.yaml' });
const one = (spec: string) => parse({ dependencies: [spec] });

const MLFLOW = `channels:
- conda-forge
dependencies:
- python=3.11.7
- pip<=23.2.1
- pip:
  - mlflow==3.17.2
  - scikit-learn==1.9.1 # the model's
name: mlflow-env
`;

describe('a conda file', () => {
  test('of MLflow becomes its pip list and its Python', () => {
    expect(parse(MLFLOW)).toEqual({
      pythonVersion: '3.11.7',
      requirements: ['mlflow==3.17.2', 'scikit-learn==1.9.1'],
      unmapped: [],
      notes: [],
    });
  });

  test('means the same as text and as an object', () => {
    const object = { dependencies: ['python=3.11', 'numpy=1.26', { pip: ['six==1.17.0'] }] };
    expect(parse(object)).toEqual(parse(stringify(object)));
  });

  test.each(['', 'name: empty', 'dependencies:', 'dependencies: []', 'dependencies:\n- pip:'])(
    'without packages asks for nothing: %j',
    (text) => {
      expect(parse(text)).toEqual({ pythonVersion: null, requirements: [], unmapped: [], notes: [] });
    },
  );

  test.each([
    ['numpy', 'numpy'],
    ['numpy=1.26', 'numpy==1.26.*'],
    ['numpy==1.26', 'numpy==1.26'],
    ['numpy=1.26.4', 'numpy==1.26.4.*'],
    ['numpy=1.26.*', 'numpy==1.26.*'],
    ['numpy 1.26.*', 'numpy==1.26.*'],
    ['numpy >=1.26, <3', 'numpy>=1.26,<3'],
    ['numpy>=1.26.*', 'numpy>=1.26'],
    ['numpy!=1.26.*', 'numpy!=1.26.*'],
    ['numpy~=1.26', 'numpy~=1.26'],
    ['numpy=*', 'numpy'],
    ['pytz=2024.1rc1', 'pytz==2024.1rc1'],
    ['conda-forge::numpy=1.26', 'numpy==1.26.*'],
    ["numpy[version='>=1.26,<3']", 'numpy>=1.26,<3'],
    ['scikit-learn=1.9.1', 'scikit-learn==1.9.1.*'],
    ['pytorch=2.1', 'torch==2.1.*'],
    ['py-xgboost==2.0.3', 'xgboost==2.0.3'],
    ['matplotlib-base', 'matplotlib'],
    ['pytables>=3', 'tables>=3'],
    ['opencv==4.8.1', 'opencv-python-headless==4.8.1.*'],
  ])('%s is the wheel %s', (spec, requirement) => {
    expect(one(spec).requirements).toEqual([requirement]);
  });

  test('says which packages have another name as wheels, and which build cannot be had', () => {
    expect(one('pytorch=2.1.0=cpu_py311').notes).toEqual([
      'pytorch of conda is installed as torch.',
      'pytorch: the build "cpu_py311" of conda is not looked for among wheels.',
    ]);
  });

  test('leaves out libraries that wheels carry, in one sentence', () => {
    expect(parse({ dependencies: ['mkl', 'libgcc-ng=13', 'openssl', 'numpy'] })).toMatchObject({
      requirements: ['numpy'],
      notes: ['Left out, because wheels carry what they need of them: mkl, libgcc-ng, openssl.'],
    });
  });

  test('lists what no wheel stands in for', () => {
    expect(parse({ dependencies: ['openjdk=11', 'r-base', 'ffmpeg', 'numpy'] }).unmapped).toEqual([
      'openjdk=11',
      'r-base',
      'ffmpeg',
    ]);
  });

  test.each([
    ['python', null],
    ['python=3.11', '3.11'],
    ['python==3.11.7', '3.11.7'],
    ['python 3.9.*', '3.9'],
    ['python>=3.9,<3.12', '>=3.9,<3.12'],
  ])('with %s asks for Python %s', (spec, version) => {
    expect(one(spec)).toMatchObject({ pythonVersion: version, requirements: [] });
  });

  test.each([
    ['dependencies:\n- numpy\n- [a, b]', 3, 'one list "pip:"'],
    ['dependencies:\n- numpy=1.2|1.3', 2, 'exist in conda only'],
    ['dependencies:\n- numpy\n- pip:\n  - numpy=1.2', 4, '"numpy==1.2"'],
    ['dependencies:\n- pip:\n  - -r requirements.txt', 3, 'Put its lines in its place'],
    ['dependencies:\n- "numpy', 2, 'no YAML'],
    ['- numpy', 1, 'Begin with "dependencies:"'],
    ['dependencies: numpy', 1, 'must be a list'],
    ['dependencies:\n- {numpy: 1.2}', 2, 'one list "pip:"'],
    ['dependencies:\n- numpy=>1', 2, 'is no version'],
  ])('that is wrong is refused at its line: %j', (text, line, words) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'request.invalid',
        message: expect.stringMatching(
          new RegExp(`^conda.yaml, line ${line}: .*${words.replaceAll(/[()|?]/g, String.raw`\$&`)}`),
        ),
      }),
    );
  });

  test('never throws anything but a refusal, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.string()).map((dependencies) => stringify({ dependencies })),
        ),
        (text) => {
          try {
            parse(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'request.invalid' });
          }
        },
      ),
    );
  });

  test('keeps every package once, in its order', () => {
    const name = fc.stringMatching(/^[a-z]{3,8}q[a-z]{3}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.nat(99), fc.nat(99))), (packages) => {
        const { requirements } = parse({ dependencies: packages.map(([name, a, b]) => `${name}=${a}.${b}`) });
        expect(requirements).toEqual(packages.map(([name, a, b]) => `${name}==${a}.${b}.*`));
      }),
    );
  });
});
