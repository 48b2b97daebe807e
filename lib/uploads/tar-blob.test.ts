import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { createTarBlob, type UploadFile } from './tar-blob.ts';

async function unpack(blob: Blob): Promise<Record<string, string>> {
  const extraction = extract();
  Readable.from([Buffer.from(await blob.arrayBuffer())]).pipe(extraction);
  const entries: Record<string, string> = {};
  for await (const entry of extraction) entries[entry.header.name] = await text(entry);
  return entries;
}

const file = (path: string, content: string): UploadFile => ({ path, file: new Blob([content]) });

test('an independent reader finds every file with its path and bytes', async () => {
  const long = `${'folder/'.repeat(20)}model.onnx`;
  const files = [
    file('iris/model.onnx', 'x'.repeat(513)),
    file('iris/ünï.json', '{}'),
    file('iris/empty', ''),
    file(long, 'deep'),
  ];
  expect(await unpack(createTarBlob(files))).toEqual({
    'iris/model.onnx': 'x'.repeat(513),
    'iris/ünï.json': '{}',
    'iris/empty': '',
    [long]: 'deep',
  });
});

test('a path that the format cannot hold is refused by name', () => {
  expect(() => createTarBlob([file('x'.repeat(300), '')])).toThrow('too long');
});
