import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password-hash.ts';

test('a password verifies against its argon2id hash, in either Unicode form, and no other does', async () => {
  const stored = await hashPassword('Rösti mit Käse und Ei');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(stored, 'Rösti mit Käse und Ei'.normalize('NFD'))).toBe(true);
  expect(await verifyPassword(stored, 'rösti mit käse und ei')).toBe(false);
});

test('an account that does not exist never verifies, not even with the decoy', async () => {
  expect(await verifyPassword(null, 'a password that nobody has')).toBe(false);
});
