import { expect, test } from 'vitest';
import { sayShape } from './model-words.ts';

test('shapes name their dynamic axes', () => {
  expect(sayShape([null, 4])).toBe('any × 4');
  expect(sayShape(['batch', 3, 224])).toBe('batch × 3 × 224');
  expect(sayShape([])).toBe('one value');
});
