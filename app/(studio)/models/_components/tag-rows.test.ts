import { expect, test } from 'vitest';
import { newRowId, rowsOf, tagsOf, tagsPatch } from './tag-rows.ts';

test('tags become rows and come back, whatever stands in them', () => {
  const tags = { team: 'flowers, trees', 'a=b': '', owner: 'x=y' };
  expect(tagsOf(rowsOf(tags))).toEqual(tags);
  expect(tagsOf([...rowsOf(tags), { id: 9, name: ' ', value: 'nothing' }])).toEqual(tags);
});

test('a new row has an id of its own', () => {
  expect(newRowId([])).toBe(0);
  expect(newRowId(rowsOf({ a: '1', b: '2' }))).toBe(2);
});

test('a patch names what is to go', () => {
  expect(tagsPatch({ a: '1', b: '2' }, { b: '3', c: '4' })).toEqual({ a: null, b: '3', c: '4' });
});
