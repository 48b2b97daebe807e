import { expect, test } from 'vitest';
import { createApiKey, digestOfKey, hasValidChecksum } from './api-key-format.ts';

test('new keys differ, carry a valid checksum and show only their beginning', () => {
  const [a, b] = [createApiKey(), createApiKey()];
  expect(a.value).not.toBe(b.value);
  expect(a.value).toMatch(/^vk_[\w-]{43}[0-9a-f]{8}$/);
  expect(hasValidChecksum(a.value)).toBe(true);
  expect(a.value.startsWith(a.shownPrefix)).toBe(true);
  expect(a.shownPrefix).toHaveLength(10);
  expect(digestOfKey(a.value)).toBe(a.sha256);
});

test('one wrong character breaks the checksum', () => {
  const { value } = createApiKey();
  const wrong = value.slice(0, 12) + (value[12] === 'A' ? 'B' : 'A') + value.slice(13);
  expect(hasValidChecksum(wrong)).toBe(false);
});
