import { expect, test } from 'vitest';
import { formatActor } from './actor.ts';

const READER = 'ana@example.org';

test('the reader is told of their own acts as such, with the key that they used', () => {
  expect(formatActor(READER, READER)).toBe('you');
  expect(formatActor(`${READER} (API key ci)`, READER)).toBe('you (API key ci)');
});

test('nobody else is taken for the reader', () => {
  expect(formatActor('viridian', READER)).toBe('viridian');
  expect(formatActor('ana@example.org.uk', READER)).toBe('ana@example.org.uk');
  expect(formatActor('diana@example.org', READER)).toBe('diana@example.org');
});
