import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { TestStack } from './create-test-stack.ts';

/** Uploads files as an archive, to be unpacked; gives `upload:<id>`. */
export async function uploadArchive(
  { apiUrl, apiKey }: Pick<TestStack, 'apiUrl' | 'apiKey'>,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const response = await fetch(`${apiUrl}/uploads?filename=files.tar.gz`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/octet-stream' },
    body: gzipSync(await buffer(archive)),
  });
  if (response.status !== 201) throw new Error(`An upload was refused: ${await response.text()}`);
  return `upload:${((await response.json()) as { id: string }).id}`;
}
