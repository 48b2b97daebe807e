import { expect, test } from 'vitest';
import { fillModelDir } from './instance-spec.ts';

test.each([
  ['--model=$(AZUREML_MODEL_DIR)/model.gguf', '/models/iris/1', '--model=/models/iris/1/model.gguf'],
  ['$(AZUREML_MODEL_DIR)', '/a/$&/1', '/a/$&/1'],
  ['$(AZUREML_MODEL_DIR)', null, '$(AZUREML_MODEL_DIR)'],
  ['echo $(date) $AZUREML_MODEL_DIR', '/models/iris/1', 'echo $(date) $AZUREML_MODEL_DIR'],
])('%s with the model at %s is %s', (text, modelDir, filled) => {
  expect(fillModelDir(text, modelDir)).toBe(filled);
});
