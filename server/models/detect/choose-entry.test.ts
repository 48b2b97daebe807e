import { describe, expect, test } from 'vitest';
import { chooseEntry } from './choose-entry.ts';

describe('the file that decides', () => {
  test.each([
    [['model.onnx'], 'onnx', 'model.onnx'],
    [['iris/model.onnx', 'iris/readme.md'], 'onnx', 'iris/model.onnx'],
    [['net.ONNX', 'net.onnx.data'], 'onnx', 'net.ONNX'],
    [['a.onnx', 'model.onnx'], 'onnx', 'model.onnx'],
    [['top.onnx', 'sub/other.onnx'], 'onnx', 'top.onnx'],
    [['__MACOSX/._m.onnx', '._m.onnx', 'm/m.onnx'], 'onnx', 'm/m.onnx'],
    [['m/MLmodel', 'm/model.onnx'], 'mlflow', 'm/MLmodel'],
    [['MLmodel', 'sub/MLmodel'], 'mlflow', 'MLmodel'],
  ])('%j is %s by %s', (paths, format, entry) => {
    expect(chooseEntry(paths)).toEqual({ format, entry });
  });
});

test('a Triton repository wins over the .onnx files in it', () => {
  const chosen = chooseEntry(['net/config.pbtxt', 'net/1/model.onnx', 'model.onnx']);
  expect(chosen).toMatchObject({ format: 'triton', repository: { base: '', models: [{ name: 'net' }] } });
});

describe('what cannot be served says why', () => {
  test.each([
    [[], 'is empty'],
    [['a.onnx', 'b.onnx'], 'holds 2 .onnx files (a.onnx, b.onnx)'],
    [['x/y/z.onnx'], 'too deep (x/y/z.onnx)'],
    [['config.pbtxt', '1/model.onnx'], 'Pack the folder around it'],
    [['model.pkl'], 'a Python pickle'],
    [['weights.safetensors'], 'safetensors'],
    [['notes.txt'], 'No model was recognised'],
  ])('%j', (paths, words) => {
    expect(chooseEntry(paths)).toMatchObject({ format: 'unknown', reason: expect.stringContaining(words) });
  });
});
