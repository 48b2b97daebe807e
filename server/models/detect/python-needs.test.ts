import { expect, test } from 'vitest';
import { parseRequirements, pinnedVersion } from './python-needs.ts';

test('comments and blank lines go, options and continued lines stay', () => {
  const text =
    '# top\nnumpy==2.0 # pinned\n\n--extra-index-url https://host/#x\nscikit-learn[all] \\\n  >=1.2\r\ngit+https://host/x#egg=x\n';
  expect(parseRequirements(text)).toEqual([
    'numpy==2.0',
    '--extra-index-url https://host/#x',
    'scikit-learn[all]    >=1.2',
    'git+https://host/x#egg=x',
  ]);
});

test.each([
  [['scikit-learn==1.9.1'], 'Scikit_Learn', '1.9.1'],
  [['torch[all] == 2.1.0+cpu ; python_version > "3.8"'], 'torch', '2.1.0+cpu'],
  [['torch>=2.1'], 'torch', null],
  [['torchvision==0.1'], 'torch', null],
])('%j pins %s to %s', (lines, name, version) => expect(pinnedVersion(lines, name)).toBe(version));
