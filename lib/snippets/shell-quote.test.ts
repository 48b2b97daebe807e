// oxlint-disable-next-line no-restricted-imports -- commands are tried in the shell that they are for
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellQuote } from './shell-quote.ts';

test('a quoted word reaches the program as it was', () => {
  const words = fc.array(
    fc.string().filter((text) => !text.includes('\0')),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(words, (texts) => {
      const script = `printf '%s\\0' ${texts.map(shellQuote).join(' ')}`;
      const heard = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
      expect(heard.split('\0').slice(0, -1)).toEqual(texts);
    }),
    { numRuns: 20 },
  );
});
