import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRequirementsFile } from './parse-requirements-file.ts';

const parse = (text: string, beside?: Record<string, string>) =>
  parseRequirementsFile(text, {
    file: 'requirements.txt',
    ...(beside && { beside: new Map(Object.entries(beside)) }),
  });

describe('a requirements file', () => {
  test('loses comments and empty lines, and joins continued ones', () => {
    const text =
      '# all\r\nnumpy>=1.26,<3  # arrays\r\n\r\nsix==1.17.0 \\\r\n  --hash=sha256:aa \\\r\n  --hash=sha256:bb\r\n';
    expect(parse(text).requirements).toEqual(['numpy>=1.26,<3', 'six==1.17.0 --hash=sha256:aa --hash=sha256:bb']);
  });

  test.each([
    'numpy',
    'numpy == 1.26.4',
    'scikit-learn==1.9.1',
    'uvicorn[standard]>=0.30',
    'torch==2.1.0+cpu',
    'ruamel.yaml~=0.18',
    'foo (>=1.0)',
    'tomli>=2; python_version < "3.11"',
    'pip @ https://example.com/pip-24.0-py3-none-any.whl',
    'git+https://example.com/x/y.git@v1#egg=y',
    'https://example.com/y-1.0-py3-none-any.whl',
    'a===1.0',
  ])('keeps %s', (line) => {
    expect(parse(line).requirements).toEqual([line]);
  });

  test('takes in a file beside it, and says where a fault in that one is', () => {
    expect(parse('-r base.txt\nsix', { 'base.txt': 'numpy' }).requirements).toEqual(['numpy', 'six']);
    expect(() => parse('--requirement=./base.txt', { 'base.txt': '\nnumpy=1' })).toThrow(/^base.txt, line 2: /);
    expect(() => parse('-r a.txt', { 'a.txt': '-r a.txt' })).toThrow(/circles/);
  });

  test('does not follow indexes of its own, says so, and keeps their passwords to itself', () => {
    const { requirements, notes } = parse('--extra-index-url https://me:secret@index.test/simple\n-i https://x\ntorch');
    expect(requirements).toEqual(['torch']);
    expect(notes).toEqual([
      expect.stringMatching(/^requirements.txt, line 1: --extra-index-url .*VIRIDIAN_PIP_EXTRA_INDEX_URLS/),
      expect.stringMatching(/^requirements.txt, line 2: -i /),
    ]);
    expect(notes.join()).not.toContain('secret');
  });

  test('keeps what decides between wheels and sources', () => {
    expect(parse('--only-binary :all:\n--no-binary=six').requirements).toEqual([
      '--only-binary=:all:',
      '--no-binary=six',
    ]);
  });

  test('says what has no effect', () => {
    expect(parse('--pre\n--prefer-binary').notes).toEqual([expect.stringContaining('pre-releases')]);
  });

  test.each([
    ['numpy=1.26', 1, '"numpy==1.26"'],
    ['six\n\nnumpy 1.26', 3, 'numpy>=1.26,<3'],
    ['import numpy', 1, 'not a requirement'],
    ['-r other.txt', 1, 'Put its lines in its place'],
    ['-c limits.txt', 1, 'Put the versions on the lines'],
    ['-e .', 1, 'code folder'],
    ['./wheels/a.whl', 1, 'names a file or folder'],
    ['a @ file:///etc/passwd', 1, 'names a file or folder'],
    ['a-1.0-py3-none-any.whl', 1, 'names a file or folder'],
    ['--wat', 1, 'cannot be used'],
    ['x @ https://${TOKEN}@example.com/x.whl', 1, 'Write the value itself'],
  ])('with %j is refused at its line, with what to do', (text, line, words) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'request.invalid',
        details: { file: 'requirements.txt', line },
        message: expect.stringContaining(words),
      }),
    );
  });

  test('never throws anything but a refusal, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab1 =<>~!.,;@#-[]()\\\n/:"') }), (text) => {
        try {
          for (const line of parse(text).requirements) expect(parse(line).requirements).toEqual([line]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'request.invalid' });
        }
      }),
    );
  });
});
