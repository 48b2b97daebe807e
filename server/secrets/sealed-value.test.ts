import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openValue, sealValue } from './sealed-value.ts';

const key = randomBytes(32);

test('a sealed value opens with its key and context, and never looks the same twice', () => {
  const sealed = sealValue(key, 'endpoint/iris/primary', 'sécret');
  expect(openValue(key, 'endpoint/iris/primary', sealed)).toBe('sécret');
  expect(sealValue(key, 'endpoint/iris/primary', 'sécret')).not.toBe(sealed);
  expect(Buffer.from(sealed, 'base64').includes('cret')).toBe(false);
});

test.each([
  ['another context', key, 'endpoint/other/primary'],
  ['another key', randomBytes(32), 'endpoint/iris/primary'],
])('a sealed value does not open with %s', (_, otherKey, context) => {
  const sealed = sealValue(key, 'endpoint/iris/primary', 'secret');
  expect(() => openValue(otherKey, context, sealed)).toThrow('cannot be opened');
});

test('a changed byte is noticed', () => {
  const bytes = Buffer.from(sealValue(key, 'a', 'secret'), 'base64');
  bytes[bytes.length - 1]! ^= 1;
  expect(() => openValue(key, 'a', bytes.toString('base64'))).toThrow('cannot be opened');
});
