import { refuseArchive } from './archive-refusal.ts';
import { ByteStream } from './byte-stream.ts';
import { parsePaxRecords, parseTarHeader, TAR_BLOCK_BYTES, type TarHeader } from './tar-header.ts';
import type { ArchiveEntry } from './walk-archive.ts';

/** Extended headers hold one path; more is an attempt on memory. */
const MAX_EXTENSION_BYTES = 64 * 1024;
/** tar pads archives to a multiple of its record size, which nobody sets beyond this. */
const MAX_PADDING_BYTES = 1024 * 1024;

const REFUSED_TYPES: Record<string, string> = {
  '1': 'is a hard link',
  '2': 'is a symbolic link',
  '3': 'is a character device',
  '4': 'is a block device',
  '6': 'is a named pipe',
  K: 'is a link with a long target',
  S: 'is a sparse file',
};
const NO_LINKS =
  'Pack plain files and folders only (`tar --dereference --hard-dereference` copies what links point to).';
const AGAIN = 'Pack the folder again and upload the whole file.';

/** Names and sizes that an extended header gives to the entry after it. */
interface Extension {
  path?: string;
  sizeBytes?: number;
}

/**
 * Walks a tar stream: POSIX ustar and pax, GNU long names, old v7. Strict where others are lenient: anything that is neither a file nor a
 * folder ends the walk, and so does an archive without its end mark.
 * @throws AppError upload.archive_refused
 */
export async function* walkTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, undefined> {
  const stream = new ByteStream(chunks);
  let extension: Extension = {};
  for (;;) {
    const header = await readHeader(stream);
    if (header === null) return drainPadding(stream);
    if (header.type === 'x' || header.type === 'g' || header.type === 'L') {
      extension = { ...extension, ...(await readExtension(stream, header)) };
      continue;
    }
    yield* walkEntry(stream, header, extension);
    extension = {};
  }
}

async function* walkEntry(stream: ByteStream, header: TarHeader, extension: Extension) {
  const name = extension.path ?? header.name;
  const kind = kindOf(header, name);
  const sizeBytes = kind === 'directory' ? 0 : (extension.sizeBytes ?? header.sizeBytes);
  let taken = 0;
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const part of stream.take(sizeBytes)) {
      taken += part.length;
      yield part;
    }
    if (taken < sizeBytes) throw refuseArchive(name, 'is cut off', AGAIN);
  }
  const entry: ArchiveEntry = { name, kind, sizeBytes, body: body() };
  yield entry;
  // Whatever the reader left of the body, and the zeros up to the next block.
  const rest = sizeBytes - taken + padding(sizeBytes);
  for await (const part of stream.take(rest)) taken += part.length;
  if (taken < sizeBytes + padding(sizeBytes)) throw refuseArchive(name, 'is cut off', AGAIN);
}

function kindOf(header: TarHeader, name: string): 'file' | 'directory' {
  const { type } = header;
  const refusal = REFUSED_TYPES[type];
  if (refusal !== undefined) throw refuseArchive(name, refusal, NO_LINKS);
  if (type === '5') return 'directory';
  if (type === '0' || type === '7') return 'file';
  // Archives older than POSIX mark folders by their name.
  if (type === '\0') return name.endsWith('/') ? 'directory' : 'file';
  throw refuseArchive(name, `has the unknown type "${type}"`, NO_LINKS);
}

async function readHeader(stream: ByteStream): Promise<TarHeader | null> {
  const block = await stream.read(TAR_BLOCK_BYTES);
  if (block.length < TAR_BLOCK_BYTES) throw refuseArchive(null, 'is cut off', AGAIN);
  return parseTarHeader(block);
}

async function readExtension(stream: ByteStream, header: TarHeader): Promise<Extension> {
  const size = header.sizeBytes;
  if (size > MAX_EXTENSION_BYTES) throw refuseArchive(header.name, 'has an extended header that is too long', AGAIN);
  const bytes = await stream.read(size + padding(size));
  if (bytes.length < size + padding(size)) throw refuseArchive(null, 'is cut off', AGAIN);
  const content = bytes.subarray(0, size);
  if (header.type === 'L') return { path: content.toString('utf8').replace(/\0+$/, '') };
  const records = parsePaxRecords(content);
  // Defaults for all entries carry a comment in practice; a path or a size there would be a trick.
  if (header.type === 'g') return {};
  for (const key of records.keys())
    if (key.startsWith('GNU.sparse.'))
      throw refuseArchive(records.get('path') ?? header.name, 'is a sparse file', NO_LINKS);
  const [path, size_] = [records.get('path'), records.get('size')];
  if (size_ !== undefined && !/^\d{1,15}$/.test(size_))
    throw refuseArchive(path ?? null, 'has a size that is no number', AGAIN);
  return { ...(path !== undefined && { path }), ...(size_ !== undefined && { sizeBytes: Number(size_) }) };
}

async function drainPadding(stream: ByteStream): Promise<void> {
  let bytes = 0;
  for await (const part of stream.take(MAX_PADDING_BYTES + 1)) bytes += part.length;
  if (bytes > MAX_PADDING_BYTES) throw refuseArchive(null, 'goes on after its end mark', AGAIN);
}

function padding(bytes: number): number {
  return (TAR_BLOCK_BYTES - (bytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}
