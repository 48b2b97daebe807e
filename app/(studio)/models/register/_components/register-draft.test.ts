import { expect, test } from 'vitest';
import { findFaults, newDraft, pathOf, type Source, SOURCE_WORDS, SOURCES } from './register-draft.ts';

test.each(SOURCES.filter((source): source is Exclude<Source, 'upload'> => source !== 'upload'))(
  'the example of %s is an address that is taken',
  (source) => {
    const draft = { ...newDraft('iris'), source, addresses: { [source]: ` ${SOURCE_WORDS[source].placeholder} ` } };
    expect(findFaults(draft)).toEqual({});
    expect(pathOf(draft)).toMatch(/^(https|s3|models|hf|file):/);
  },
);

test('an address of another kind is told what it should begin with, and an empty one nothing', () => {
  const draft = { ...newDraft('iris'), source: 's3' as const };
  expect(findFaults(draft)).toEqual({});
  expect(pathOf(draft)).toBeNull();
  expect(findFaults({ ...draft, addresses: { s3: 'https://example.com' } })).toEqual({
    address: 'Begin with s3:// and the bucket.',
  });
});

test('each source keeps its own address, and an upload is named once it is there', () => {
  const draft = { ...newDraft(''), addresses: { web: 'https://example.com/a.zip', hub: 'hf://a/b' } };
  expect(pathOf(draft)).toBeNull();
  expect(pathOf({ ...draft, uploadId: 'upl_1' })).toBe('upload:upl_1');
  expect(pathOf({ ...draft, source: 'hub' })).toBe('hf://a/b');
  expect(findFaults({ ...draft, name: '-x' }).name).toContain('must start with');
});
