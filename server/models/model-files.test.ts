import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '#server/kernel/app-error.ts';
import { createModelFiles, type ModelFiles } from './model-files.ts';
import { openModelSource, type ModelSourceDeps } from './model-source.ts';
import { walkTar } from './walk-tar.ts';

let root: string;
let files: ModelFiles;
let deps: ModelSourceDeps;

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'viridian-models-'));
  mkdirSync(join(root, 'models'));
  files = createModelFiles(join(root, 'models'));
  write('upload/iris/model.onnx', 'weights');
  write('upload/iris/sample.json', '{}');
  write('allowed/iris/model.onnx', 'weights');
  write('allowed/single.onnx', 'single');
  write('secret/key', 'secret');
  const listed = ['iris/model.onnx', 'iris/sample.json'].map((path) => ({ path, size_bytes: 0, sha256: '' }));
  deps = {
    uploads: { openForModel: async () => ({ folder: join(root, 'upload'), files: listed }) },
    sampleFolder: (id) => (id === 'iris' ? join(root, 'allowed/iris') : null),
    allowedRoots: [join(root, 'allowed')],
  };
});
afterEach(() => rmSync(root, { recursive: true }));

const materialise = async (path: string, version = '1') =>
  files.materialise(await openModelSource(path, deps), 'iris', version);

describe('files of a model version', () => {
  test('an upload keeps its one top folder; hashes are those of the files', async () => {
    const content = await materialise('upload:upl_1');
    expect(content.files).toEqual([
      { path: 'iris/model.onnx', size_bytes: 7, sha256: sha256('weights') },
      { path: 'iris/sample.json', size_bytes: 2, sha256: sha256('{}') },
    ]);
    expect(content.sizeBytes).toBe(9);
    expect(content.sha256).toBe(sha256(content.files.map((f) => `${f.sha256} ${f.size_bytes} ${f.path}\n`).join('')));
    expect(content.folder).toBe(files.folderOf('iris', '1'));
    expect(statSync(join(content.folder, 'iris/model.onnx')).mode & 0o777).toBe(0o444);
    rmSync(join(root, 'upload'), { recursive: true });
    expect(readFileSync(join(content.folder, 'iris/model.onnx'), 'utf8')).toBe('weights');
  });

  test('a file: folder becomes the one top entry, a file: file lies at the top, a sample as it is', async () => {
    const paths = async (path: string, version: string) =>
      (await materialise(path, version)).files.map((file) => file.path);
    expect(await paths(`file:${join(root, 'allowed/iris')}`, '1')).toEqual(['iris/model.onnx']);
    expect(await paths(`file:${join(root, 'allowed/single.onnx')}`, '2')).toEqual(['single.onnx']);
    expect(await paths('sample:iris', '3')).toEqual(['model.onnx']);
  });

  test('what the operator changes later does not change the version', async () => {
    const { folder } = await materialise(`file:${join(root, 'allowed/single.onnx')}`);
    write('allowed/single.onnx', 'changed');
    expect(readFileSync(join(folder, 'single.onnx'), 'utf8')).toBe('single');
  });

  test('made again with the same content it changes nothing; with other content it is refused', async () => {
    const first = await materialise('upload:upl_1');
    expect(await materialise('upload:upl_1')).toEqual(first);
    await expect(materialise('sample:iris')).rejects.toMatchObject({ code: 'model.version_exists' });
    write('allowed/same/iris/model.onnx', 'WEIGHTS');
    write('allowed/same/iris/sample.json', '{}');
    deps.uploads.openForModel = async () => ({ folder: join(root, 'allowed/same'), files: first.files });
    await expect(materialise('upload:upl_2')).rejects.toMatchObject({ code: 'model.version_exists' });
    expect(readdirSync(join(root, 'models/iris'))).toEqual(['1']);
  });

  test('a source that fails half-way leaves nothing', async () => {
    const source = {
      immutable: false,
      files: [
        { from: join(root, 'upload/iris/model.onnx'), segments: ['a'] },
        { from: join(root, 'gone'), segments: ['b'] },
      ],
    };
    await expect(files.materialise(source, 'iris', '1')).rejects.toThrow('ENOENT');
    expect(readdirSync(join(root, 'models/iris'))).toEqual([]);
  });

  test('a sweep takes what a crash left and what nobody names, and no version that somebody does', async () => {
    await materialise('upload:upl_1', '1');
    await materialise('upload:upl_1', '2');
    write('models/iris/.3.abcdefgh.tmp/model.onnx', 'half');
    write('models/half/.1.abcdefgh.tmp/model.onnx', 'half');
    write('models/notes.txt', "somebody else's");
    expect((await files.listModels()).toSorted()).toEqual(['half', 'iris']);
    expect(await files.sweep('iris', async (version) => version === '1')).toBe(2);
    expect(await files.sweep('half', async () => true)).toBe(1);
    expect(readdirSync(join(root, 'models')).toSorted()).toEqual(['iris', 'notes.txt']);
    expect(readdirSync(join(root, 'models/iris'))).toEqual(['1']);
  });

  test('removal takes the version and nothing else', async () => {
    await materialise('upload:upl_1', '1');
    await materialise('upload:upl_1', '2');
    await files.remove('iris', '1');
    await files.remove('iris', '1');
    expect(readdirSync(join(root, 'models/iris'))).toEqual(['2']);
    await files.remove('iris', '2');
    expect(readdirSync(join(root, 'models'))).toEqual([]);
  });

  test('the download is a tar of exactly the files', async () => {
    const { files: listed } = await materialise('upload:upl_1');
    const seen = new Map<string, string>();
    for await (const entry of walkTar(await files.download('iris', '1', listed))) {
      const parts: Uint8Array[] = [];
      for await (const part of entry.body) parts.push(part);
      seen.set(entry.name, Buffer.concat(parts).toString());
    }
    expect(Object.fromEntries(seen)).toEqual({ 'iris/model.onnx': 'weights', 'iris/sample.json': '{}' });
    await expect(files.download('iris', '9', listed)).rejects.toMatchObject({ code: 'model.not_found' });
  });

  test('names that could leave the registry are refused', () => {
    for (const [model, version] of [
      ['..', '1'],
      ['a/b', '1'],
      ['a', '..'],
      ['', '1'],
    ] as const)
      expect(() => files.folderOf(model, version)).toThrow(/must|Too small/);
  });
});

describe('where models may come from', () => {
  const codeOf = (path: string): Promise<string> =>
    openModelSource(path, deps).then(
      () => 'opened',
      (error: unknown) => (error as AppError).code,
    );
  const REFUSED = 'model.path_not_allowed';

  test('paths outside the allowed folders are refused, told apart from missing ones by nothing', async () => {
    expect(await codeOf(`file:${join(root, 'secret/key')}`)).toBe(REFUSED);
    expect(await codeOf(`file:${join(root, 'secret/missing')}`)).toBe(REFUSED);
    expect(await codeOf(`file:${join(root, 'allowed/../secret/key')}`)).toBe(REFUSED);
    expect(await codeOf('file:relative/path')).toBe(REFUSED);
    expect(await codeOf(`file:${root}`)).toBe(REFUSED);
    expect(await codeOf('ftp://host/model')).toBe(REFUSED);
    write('allowed-not/key', 'x');
    expect(await codeOf(`file:${join(root, 'allowed-not/key')}`)).toBe(REFUSED);
    deps.allowedRoots = [];
    expect(await codeOf(`file:${join(root, 'allowed/single.onnx')}`)).toBe(REFUSED);
  });

  test('links are followed inside the allowed folders and refused where they leave', async () => {
    symlinkSync(join(root, 'allowed/single.onnx'), join(root, 'allowed/iris/linked.onnx'));
    const source = await openModelSource(`file:${join(root, 'allowed/iris')}`, deps);
    expect(source.files.map(({ segments }) => segments.join('/'))).toEqual(['iris/linked.onnx', 'iris/model.onnx']);
    symlinkSync(join(root, 'secret'), join(root, 'allowed/iris/out'));
    expect(await codeOf(`file:${join(root, 'allowed/iris')}`)).toBe(REFUSED);
    symlinkSync(join(root, 'secret/key'), join(root, 'allowed/direct'));
    expect(await codeOf(`file:${join(root, 'allowed/direct')}`)).toBe(REFUSED);
  });

  test('links that go round in circles end', async () => {
    symlinkSync(join(root, 'allowed/iris'), join(root, 'allowed/iris/again'));
    expect(await codeOf(`file:${join(root, 'allowed/iris')}`)).toBe(REFUSED);
  });

  test('an unknown sample is named', async () => {
    await expect(openModelSource('sample:nothing', deps)).rejects.toMatchObject({ code: 'model.not_found' });
    expect(existsSync(join(root, 'models/iris'))).toBe(false);
  });
});
