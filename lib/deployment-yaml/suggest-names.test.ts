import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assetNameSchema, resourceNameSchema } from '../contracts/resource.ts';
import { suggestDeploymentName, suggestEndpointName, suggestModelName } from './suggest-names.ts';

test('a deployment is called by the first free colour', () => {
  expect(suggestDeploymentName([])).toBe('blue');
  expect(suggestDeploymentName(['Blue', 'amber'])).toBe('green');
  expect(suggestDeploymentName(['blue', 'green', 'amber', 'magenta', 'umber', 'violet'])).toBe('grey-7');
});

test('suggestions keep the rules and are free, whatever the file is called', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string(), { maxLength: 3 }), (text, taken) => {
      expect(assetNameSchema.safeParse(suggestModelName(text)).success).toBe(true);
      const first = suggestEndpointName(text, taken);
      const second = suggestEndpointName(text, [...taken, first]);
      expect(resourceNameSchema.safeParse(first).success).toBe(true);
      expect(resourceNameSchema.safeParse(second).success).toBe(true);
      expect(second).not.toBe(first);
    }),
  );
});

test('suggestions come from the file', () => {
  expect(suggestModelName('folder/Fraud v14.tar.gz')).toBe('fraud-v14');
  expect(suggestEndpointName('iris', ['iris'])).toBe('iris-2');
  expect(suggestEndpointName('x', [])).toBe('model-x');
});
