import { expect, test } from 'vitest';
import { compileDockerignore } from './dockerignore.ts';

const cases: [string, Record<string, boolean>][] = [
  ['', { a: false }],
  ['# a\n\n  \n', { a: false, '# a': false }],
  ['*.pyc', { 'a.pyc': true, 'b/a.pyc': false }],
  ['**/*.pyc', { 'a.pyc': true, 'b/c/a.pyc': true, 'a.py': false }],
  ['node_modules', { node_modules: true, 'node_modules/x/y': true, 'a/node_modules': false }],
  ['**/node_modules', { 'a/b/node_modules/x': true }],
  ['/.git/', { '.git': true, '.git/HEAD': true }],
  ['data/**', { 'data/a/b': true, 'data/a': true, data: false }],
  ['*\n!README.md', { x: true, 'README.md': false, 'a/README.md': true }],
  ['docs\n!docs/keep\ndocs/keep/not', { 'docs/a': true, 'docs/keep/a': false, 'docs/keep/not': true }],
  ['temp?', { temp1: true, temp: false, 'temp/': false }],
  ['[a-c].txt', { 'a.txt': true, 'd.txt': false }],
  ['[^a].txt', { 'a.txt': false, 'd.txt': true }],
  ['a.b', { 'a.b': true, axb: false }],
  ['\\!x', { '!x': true, x: false }],
  ['./a/../b', { b: true, a: false }],
  ['a+b(c)$', { 'a+b(c)$': true, aab: false }],
];

test.each(cases)('%j', (text, paths) => {
  const ignores = compileDockerignore(text);
  expect(Object.fromEntries(Object.keys(paths).map((path) => [path, ignores(path)]))).toEqual(paths);
});
