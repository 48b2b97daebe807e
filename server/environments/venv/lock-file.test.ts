import { describe, expect, test } from 'vitest';
import { keepAskedHashes, lockedPackages } from './lock-file.ts';

const LOCK = `--no-binary six
idna==3.11 \\
    --hash=sha256:i1 \\
    --hash=sha256:i2
six==1.17.0 \\
    --hash=sha256:s1 \\
    --hash=sha256:s2
local @ https://example.com/local-1.0-py3-none-any.whl \\
    --hash=sha256:l1
uvicorn[standard]==0.30.0
`;

describe('a lock file', () => {
  test('lists its packages in their order', () => {
    expect(lockedPackages(LOCK)).toEqual([
      { name: 'idna', version: '3.11' },
      { name: 'six', version: '1.17.0' },
      { name: 'local', version: 'https://example.com/local-1.0-py3-none-any.whl' },
      { name: 'uvicorn', version: '0.30.0' },
    ]);
    expect(lockedPackages('')).toEqual([]);
  });

  test('keeps of a package only the hashes that were asked for', () => {
    const held = keepAskedHashes(LOCK, ['idna', 'Six==1.17.0 --hash=sha256:s2 --hash=sha256:other']);
    expect(held).toBe(LOCK.replace('    --hash=sha256:s1 \\\n', ''));
  });

  test('stays as it is where no hashes were asked for', () => {
    expect(keepAskedHashes(LOCK, ['six==1.17.0'])).toBe(LOCK);
  });

  test('is refused where the index has none of the hashes that were asked for', () => {
    expect(() => keepAskedHashes(LOCK, ['six==1.17.0 --hash=sha256:forged'])).toThrow(
      expect.objectContaining({ code: 'deployment.build_failed', message: expect.stringContaining('six==1.17.0') }),
    );
  });
});
