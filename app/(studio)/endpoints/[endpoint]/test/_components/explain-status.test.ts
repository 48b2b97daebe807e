import { expect, test } from 'vitest';
import { explainStatus } from './explain-status.ts';

test('an error is told apart by whose word it is', () => {
  expect(explainStatus(200, {})).toBeNull();
  expect(explainStatus(400, { 'ms-azureml-model-error-statuscode': '400' })).toContain('The model itself answered 400');
  expect(explainStatus(504, {})).toContain('request_timeout_ms');
  expect(explainStatus(418, {})).toContain('gateway refused');
});
