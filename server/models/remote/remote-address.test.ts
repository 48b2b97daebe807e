import { expect, test } from 'vitest';
import { hideSecretsOfAddress, isRemotePath, parseRemoteAddress } from './remote-address.ts';

test.each([
  ['https://models.example.org/iris.zip#top', { kind: 'http', url: new URL('https://models.example.org/iris.zip') }],
  ['s3://models/iris/v1', { kind: 's3', bucket: 'models', key: 'iris/v1' }],
  ['s3://models', { kind: 's3', bucket: 'models', key: '' }],
  ['models:/iris/3', { kind: 'mlflow_model', name: 'iris', by: 'version', value: '3' }],
  ['models:/iris%20v2@champion', { kind: 'mlflow_model', name: 'iris v2', by: 'alias', value: 'champion' }],
  ['models:/iris/Production', { kind: 'mlflow_model', name: 'iris', by: 'stage', value: 'Production' }],
  ['models:/m-0123456789abcdef', { kind: 'mlflow_logged_model', modelId: 'm-0123456789abcdef' }],
  ['runs:/0a1b2c/model/best/', { kind: 'mlflow_run', runId: '0a1b2c', path: 'model/best' }],
  ['hf://owner/repo', { kind: 'hub', repository: 'owner/repo', revision: 'main' }],
  ['hf://owner/repo@refs/pr/1', { kind: 'hub', repository: 'owner/repo', revision: 'refs/pr/1' }],
])('%s names what it says', (path, address) => {
  expect(isRemotePath(path)).toBe(true);
  expect(parseRemoteAddress(path)).toEqual(address);
});

test.each([
  'https://',
  'http://user:secret@example.org/model.zip',
  's3:/models/iris',
  's3://',
  'models:/iris',
  'models:/iris/1/more',
  'models:/iris/%ff',
  'runs:/0a1b2c',
  'runs:/0a1b2c/../other',
  'hf://repo',
  'hf://owner/repo/file@main',
  'hf://owner/repo@../main',
])('%s is refused with what an address looks like', (path) => {
  expect(() => parseRemoteAddress(path)).toThrowError(
    expect.objectContaining({ code: 'request.invalid', message: expect.not.stringContaining('secret') }),
  );
});

test('a path on this host is none that lies elsewhere', () => {
  for (const path of ['upload:upl_1', 'file:/srv/models', 'sample:iris', 'files:abc']) {
    expect(isRemotePath(path)).toBe(false);
  }
});

test('a signed address is shown without its signature', () => {
  const signed = 'https://s.example.org/m.zip?X-Amz-Signature=abc&X-Amz-Credential=AKIA&version=2';
  const shown = hideSecretsOfAddress(signed);
  expect(shown).not.toMatch(/abc|AKIA/);
  expect(shown).toContain('version=2');
  expect(hideSecretsOfAddress(shown)).toBe(shown);
  expect(hideSecretsOfAddress('https://s.example.org/m.zip?version=2')).toBe('https://s.example.org/m.zip?version=2');
});
