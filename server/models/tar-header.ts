import { refuseArchive } from './archive-refusal.ts';

export const TAR_BLOCK_BYTES = 512;

export interface TarHeader {
  name: string;
  /** Type flag: `0` file, `5` folder, `x` and `g` pax, `L` GNU long name, … */
  type: string;
  sizeBytes: number;
}

const DAMAGED = 'Check that the file is a tar archive and upload it again.';
const CHECKSUM = { from: 148, to: 156 };

/**
 * One header block (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
 * @returns null for the block of zeros that ends an archive
 * @throws AppError upload.archive_refused when the checksum is wrong
 */
export function parseTarHeader(block: Buffer): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  if (parseOctal(block.subarray(CHECKSUM.from, CHECKSUM.to)) !== checksumOf(block))
    throw refuseArchive(null, 'is damaged or no tar archive (a header has the wrong checksum)', DAMAGED);
  // GNU tar uses the bytes of the prefix for other things; its magic has a space where POSIX has NUL.
  const isPosix = block.subarray(257, 263).equals(Buffer.from('ustar\0'));
  const prefix = isPosix ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  const sizeBytes = parseSize(block.subarray(124, 136));
  if (sizeBytes === null) throw refuseArchive(name, 'has a size that is no number', DAMAGED);
  return { name: prefix === '' ? name : `${prefix}/${name}`, type: String.fromCharCode(block[156]!), sizeBytes };
}

/**
 * Records of a pax header: `<length> <key>=<value>\n`, the length counting itself.
 * @throws AppError upload.archive_refused
 */
export function parsePaxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    const isSound = end <= bytes.length && equals > space && equals < end && bytes[end - 1] === 0x0a;
    if (!Number.isInteger(length) || !isSound) throw refuseArchive(null, 'has a damaged pax header', DAMAGED);
    records.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** Sum of all bytes, the checksum's own counted as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK_BYTES; at += 1) sum += at >= CHECKSUM.from && at < CHECKSUM.to ? 0x20 : block[at]!;
  return sum;
}

/** Octal digits, or, for files beyond 8 GiB, a big-endian number marked by its highest bit (GNU). */
function parseSize(field: Buffer): number | null {
  if ((field[0]! & 0x80) === 0) return parseOctal(field);
  let value = field[0]! & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : null;
}

function parseOctal(field: Buffer): number | null {
  const digits = text(field).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits === '' ? '0' : digits, 8) : null;
}

/** Up to the first NUL. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
