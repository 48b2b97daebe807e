import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** Builders of archives, honest and hostile, byte by byte: common tools refuse to write most of what the walker must refuse to read. */
export interface TarEntry {
  name: string;
  type?: string;
  content?: Uint8Array | string;
  linkname?: string;
  /** Announced size, where it is to differ from the content's. */
  size?: number;
}

export function tarHeader({ name, type = '0', content = '', linkname = '', size }: TarEntry): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'utf8');
  block.write('0000644\0', 100);
  block.write(`${(size ?? Buffer.byteLength(content)).toString(8).padStart(11, '0')}\0`, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(linkname, 157, 100, 'utf8');
  block.write('ustar\0', 257);
  block.write('00', 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

export function tarEntry(entry: TarEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  return Buffer.concat([tarHeader(entry), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export const TAR_END = Buffer.alloc(1024);

export function tarOf(...entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), TAR_END]);
}

export function paxEntry(records: Record<string, string>): TarEntry {
  const content = Object.entries(records)
    .map(([key, value]) => {
      const body = ` ${key}=${value}\n`;
      let length = Buffer.byteLength(body) + 2;
      while (String(length).length + Buffer.byteLength(body) !== length) length += 1;
      return length + body;
    })
    .join('');
  return { name: 'PaxHeader', type: 'x', content };
}

export const tgzOf = (...entries: readonly TarEntry[]): Buffer => gzipSync(tarOf(...entries));

export interface ZipEntry {
  name: string;
  content?: Uint8Array | string;
  /** Unix mode with the file type, for example 0o120777 for a symbolic link. */
  mode?: number;
  flags?: number;
  method?: number;
  crc?: number;
  /** Points the directory at the local header of an earlier entry. */
  sameBytesAs?: number;
  uncompressedSize?: number;
}

/** UTF-8 names. */
const NAME_IS_UTF8 = 0x0800;

export function zipOf(...entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const offsets: number[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { header, data } = localPart(entry);
    const shared = entry.sameBytesAs === undefined ? undefined : offsets[entry.sameBytesAs];
    offsets.push(shared ?? offset);
    directory.push(centralPart(entry, data, shared ?? offset));
    if (shared !== undefined) continue;
    locals.push(header, data);
    offset += header.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

function packed({ content = '', method = 8 }: ZipEntry): Buffer {
  return method === 8 ? deflateRawSync(content) : Buffer.from(content);
}

function localPart(entry: ZipEntry): { header: Buffer; data: Buffer } {
  const data = packed(entry);
  const name = Buffer.from(entry.name);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  writeCommon(header, 6, entry, data, name);
  return { header: Buffer.concat([header, name]), data };
}

function centralPart(entry: ZipEntry, data: Buffer, offset: number): Buffer {
  const name = Buffer.from(entry.name);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE((3 << 8) | 20, 4);
  header.writeUInt16LE(20, 6);
  writeCommon(header, 8, entry, data, name);
  header.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}

/** The fields that local and central header share, in the same order. */
function writeCommon(header: Buffer, at: number, entry: ZipEntry, data: Buffer, name: Buffer): void {
  const content = Buffer.from(entry.content ?? '');
  header.writeUInt16LE((entry.flags ?? 0) | NAME_IS_UTF8, at);
  header.writeUInt16LE(entry.method ?? 8, at + 2);
  header.writeUInt32LE(entry.crc ?? crc32(content), at + 8);
  header.writeUInt32LE(data.length, at + 12);
  header.writeUInt32LE(entry.uncompressedSize ?? content.length, at + 16);
  header.writeUInt16LE(name.length, at + 20);
}
