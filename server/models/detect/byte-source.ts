import { open } from 'node:fs/promises';

/** Random access to bytes that may be far larger than memory. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `position`; fewer only at the end. */
  read(position: number, length: number): Promise<Uint8Array>;
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  };
}

/** Opens a file, hands it over as a source, and closes it whatever happens. */
export async function withFileSource<Result>(
  path: string,
  use: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await use({
      sizeBytes: size,
      read: async (position, length) => {
        const buffer = new Uint8Array(Math.max(0, Math.min(length, size - position)));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        return buffer.subarray(0, bytesRead);
      },
    });
  } finally {
    await file.close();
  }
}
