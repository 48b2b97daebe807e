import { expect, test } from 'vitest';
import { fileTree, previewOf } from './file-tree.ts';

const file = (path: string, size = 1) => ({ path, size_bytes: size, sha256: '' });

test('paths become folders in folders', () => {
  const tree = fileTree([file('m/b/2.txt'), file('m/MLmodel'), file('top.txt'), file('m/b/1.txt')]);
  expect(tree.files.map(({ path }) => path)).toEqual(['top.txt']);
  expect(tree.folders).toMatchObject([
    { name: 'm', files: [{ path: 'm/MLmodel' }], folders: [{ name: 'b', files: [{ path: 'm/b/1.txt' }, {}] }] },
  ]);
});

test.each([
  ['m/MLmodel', 1, 'text'],
  ['conda.yaml', 9e9, 'text'],
  ['plot.PNG', 1, 'image'],
  ['plot.png', 2e6, 'large_image'],
  ['model.pkl', 1, 'none'],
])('%s of %i bytes is shown as %s', (path, size, kind) => expect(previewOf(file(path, size))).toBe(kind));
