import { describe, expect, test } from 'vitest';
import { readCondaPackages, readDefinition, readMlflowFiles } from './read-definition.ts';

describe('a definition', () => {
  test('has the packages of all its files once, and its own Python before that of the files', () => {
    const condaFile = 'dependencies:\n- python=3.9\n- numpy=1.26\n- pip:\n  - six';
    expect(readDefinition({ condaFile, pipRequirements: 'six\nidna', pythonVersion: null })).toEqual({
      pythonVersion: '3.9',
      requirements: ['numpy==1.26.*', 'six', 'idna'],
      unmapped: [],
      notes: [],
    });
    expect(readDefinition({ condaFile, pipRequirements: null, pythonVersion: '3.12' }).pythonVersion).toBe('3.12');
  });

  test('is refused with the name of the field and the line', () => {
    expect(() => readDefinition({ condaFile: null, pipRequirements: 'six\nsix=1', pythonVersion: null })).toThrow(
      /^pip_requirements, line 2: /,
    );
  });
});

describe('the files of an MLflow model', () => {
  const pythonEnv =
    'python: 3.11.7\nbuild_dependencies:\n- pip==23.2.1\n- setuptools==65.5.0\n- wheel\ndependencies:\n- -r requirements.txt\n';
  const requirements = 'mlflow==3.17.2\nscikit-learn==1.9.1\n';

  test('are read as MLflow reads them', () => {
    expect(readMlflowFiles({ pythonEnv, requirements, conda: null })).toEqual({
      pythonVersion: '3.11.7',
      requirements: ['setuptools==65.5.0', 'wheel', 'mlflow==3.17.2', 'scikit-learn==1.9.1'],
      unmapped: [],
      notes: [],
    });
  });

  test('may be the conda file alone, or the requirements alone', () => {
    const conda = 'dependencies:\n- python=3.10.4\n- openjdk\n- pip:\n  - -r requirements.txt\n';
    expect(
      readMlflowFiles({ pythonEnv: null, requirements: null, conda: 'dependencies: [numpy]' }).requirements,
    ).toEqual(['numpy']);
    expect(readMlflowFiles({ pythonEnv: null, requirements, conda })).toMatchObject({
      pythonVersion: '3.10.4',
      requirements: ['mlflow==3.17.2', 'scikit-learn==1.9.1'],
      unmapped: ['openjdk'],
    });
  });

  test.each([
    ['- a', 'python_env.yaml'],
    ['dependencies: 3', 'dependencies'],
    ['dependencies: [', 'no YAML'],
    ['dependencies:\n- six=1', 'python_env.yaml, line 2'],
  ])('that are wrong are refused: %j', (text, words) => {
    expect(() => readMlflowFiles({ pythonEnv: text, requirements: null, conda: null })).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(words) }),
    );
  });
});

test('packages that were listed as conda writes them have wheels too', () => {
  expect(readCondaPackages(['pytorch=2.1', 'ffmpeg', 'mkl'])).toMatchObject({
    requirements: ['torch==2.1.*'],
    unmapped: ['ffmpeg'],
  });
});
