import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergePatch } from '#server/domain/merge-patch.ts';
import { patchTo } from './merge-patch.ts';

test('a patch turns what is there into what is wanted, with nothing left over', () => {
  const leaf = fc.oneof(fc.string(), fc.integer());
  const inner = fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaf);
  const value = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'per_key'), fc.oneof(leaf, inner));
  fc.assert(
    fc.property(value, value, (before, after) => {
      expect(mergePatch(before, patchTo(before, after))).toEqual(after);
    }),
  );
});
