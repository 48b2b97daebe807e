import { crc32 } from 'node:zlib';

/** Length and CRC-32 of the payload, both 32 bits little endian, before every payload on disk. */
export const FRAME_HEADER_BYTES = 8;

/** Longer frames are never written, so a larger length is damage and not a reason to allocate. */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024;

export function encodeFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** The payload of the frame at an offset, or null where the bytes are cut off or damaged. */
export function readFrame(bytes: Buffer, offset: number): { payload: Buffer; end: number } | null {
  if (offset + FRAME_HEADER_BYTES > bytes.length) return null;
  const length = bytes.readUInt32LE(offset);
  const end = offset + FRAME_HEADER_BYTES + length;
  // No block is empty, but a power cut can leave zeros behind the end, and eight of them would pass for an empty frame.
  if (length === 0 || length > MAX_FRAME_BYTES || end > bytes.length) return null;
  const payload = bytes.subarray(offset + FRAME_HEADER_BYTES, end);
  return crc32(payload) === bytes.readUInt32LE(offset + 4) ? { payload, end } : null;
}
