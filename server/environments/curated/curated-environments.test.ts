import { expect, test } from 'vitest';
import { parseLine } from '../python-requirements/parse-requirements-file.ts';
import { CURATED_ENVIRONMENTS, findCurated } from './curated-environments.ts';

test('every curated environment is found by its image, and pins what it asks for', () => {
  for (const environment of CURATED_ENVIRONMENTS) {
    expect(findCurated(environment.image)).toEqual({ kind: 'curated', environment });
    expect(findCurated(`${environment.image}:latest`)).toEqual({ kind: 'curated', environment });
    for (const line of environment.requirements) {
      expect(line).toMatch(/^[a-z-]+==\d[\d.]*$/);
      expect(parseLine(line, { file: environment.name, line: 1 }, { file: environment.name })).toBeDefined();
    }
  }
});

test('other names under ours are refused, and other registries are left alone', () => {
  expect(findCurated('viridian.local/curated/nothing')).toMatchObject({
    kind: 'unknown',
    reason: expect.stringContaining('viridian.local/curated/python'),
  });
  expect(findCurated('viridian.local/other/python')).toMatchObject({ kind: 'unknown' });
  expect(findCurated('viridian.local/curated/python:3')).toMatchObject({ kind: 'unknown' });
  expect(findCurated('debian:12')).toEqual({ kind: 'other' });
  expect(findCurated('no reference')).toEqual({ kind: 'other' });
});
