import { expect, test } from 'vitest';
import { parseModelReference } from './parse-model-reference.ts';

test.each([
  ['azureml:iris:1', { name: 'iris', version: '1' }],
  ['iris:1', { name: 'iris', version: '1' }],
  ['azureml:iris@latest', { name: 'iris', version: null }],
  ['iris@latest', { name: 'iris', version: null }],
  ['azureml:iris', null],
  ['iris', null],
  ['azureml:iris:', null],
  ['azureml:iris@newest', null],
  ['azureml:azureml:iris', null],
])('the reference %s is read as %j', (text, reference) => {
  expect(parseModelReference(text)).toEqual(reference);
});
