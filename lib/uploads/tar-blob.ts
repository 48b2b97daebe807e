/** A file and its path inside the folder that was dropped: `iris/model.onnx`. */
export interface UploadFile {
  path: string;
  file: Blob & { lastModified?: number };
}

const BLOCK = 512;
const MAX_NAME_BYTES = 100;
const MAX_PREFIX_BYTES = 155;
/** Largest size that eleven octal digits hold. */
const MAX_SIZE = 8 ** 11 - 1;

/**
 * A tar archive (POSIX.1-1988 ustar) of files, as one Blob. The parts stay references to the files on disk, so the size does not matter: nothing is
 * read until the upload reads it.
 * @throws Error for a path or file that the format cannot hold
 */
export function createTarBlob(files: readonly UploadFile[]): Blob {
  const parts: BlobPart[] = [];
  for (const { path, file } of files) {
    parts.push(header(path, file.size, file.lastModified ?? 0), file);
    const rest = file.size % BLOCK;
    if (rest > 0) parts.push(new Uint8Array(BLOCK - rest));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts, { type: 'application/x-tar' });
}

function header(path: string, size: number, modifiedMs: number): Uint8Array<ArrayBuffer> {
  if (size > MAX_SIZE) throw new Error(`${path} is too large for one archive (8 GiB).`);
  const { name, prefix } = splitPath(path);
  const block = new Uint8Array(BLOCK);
  put(block, 0, name);
  put(block, 100, '0000644\0');
  put(block, 108, '0000000\0');
  put(block, 116, '0000000\0');
  put(block, 124, `${size.toString(8).padStart(11, '0')}\0`);
  put(
    block,
    136,
    `${Math.floor(modifiedMs / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
  );
  // The checksum is computed with its own field full of spaces.
  put(block, 148, '        ');
  put(block, 156, '0');
  put(block, 257, 'ustar\x0000');
  put(block, 345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(block, 148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** Long paths are cut at a slash into a prefix and a name. */
function splitPath(path: string): { name: string; prefix: string } {
  if (byteLength(path) <= MAX_NAME_BYTES) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (byteLength(name) <= MAX_NAME_BYTES && byteLength(prefix) <= MAX_PREFIX_BYTES) return { name, prefix };
  }
  throw new Error(`The path ${path} is too long for an archive. Shorten its folders.`);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function put(block: Uint8Array, offset: number, text: string): void {
  block.set(new TextEncoder().encode(text), offset);
}
