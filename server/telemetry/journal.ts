import { mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBlock, type Block } from './block-codec.ts';
import { encodeFrame, readFrame } from './frame.ts';

const NAME = /^(\d{12})\.journal$/;

const nameOf = (number: number): string => `${String(number).padStart(12, '0')}.journal`;

/**
 * Append-only files of framed blocks, numbered in order. Everything that is not yet in a segment is here. Every append is written and then
 * synced to the disk before it counts as kept: a killed process loses what it had not appended yet, a power cut no more than that.
 */
export interface Journal {
  /** Number of the file that is written now. */
  readonly number: number;
  readonly bytes: number;
  /** Keeps a block. On failure the file is cut back to the last whole block, so that a later append is readable. */
  append(block: Uint8Array): Promise<void>;
  /** Begins a new file. @returns the number of the one that is complete now */
  rotate(): Promise<number>;
  /** Removes the files up to a number, once segments hold what they held. */
  removeUpTo(number: number): Promise<void>;
  close(): Promise<void>;
}

export interface ReplayResult {
  /** Bytes cut off at torn ends. */
  cutBytes: number;
  /** Size of what is left. */
  bytes: number;
  lastNumber: number;
}

/** Reads every journal in order, and cuts off what a crash left half-written. Runs before the process serves, so it may block. */
export function replayJournals(folder: string, visit: (number: number, block: Block) => void): ReplayResult {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let cutBytes = 0;
  let kept = 0;
  const numbers = listNumbers(folder);
  for (const number of numbers) {
    const path = join(folder, nameOf(number));
    const bytes = readFileSync(path);
    const end = visitFrames(bytes, (payload) => visit(number, decodeBlock(payload)));
    kept += end;
    if (end === bytes.length) continue;
    truncateSync(path, end);
    cutBytes += bytes.length - end;
  }
  return { cutBytes, bytes: kept, lastNumber: numbers.at(-1) ?? 0 };
}

/** @returns where the last sound frame ends */
function visitFrames(bytes: Buffer, visit: (payload: Buffer) => void): number {
  let offset = 0;
  for (;;) {
    const frame = readFrame(bytes, offset);
    if (frame === null) return offset;
    visit(frame.payload);
    offset = frame.end;
  }
}

function listNumbers(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

export async function openJournal(folder: string, firstNumber: number): Promise<Journal> {
  let number = firstNumber;
  let file = await create(folder, number);
  let bytes = 0;
  return {
    get number() {
      return number;
    },
    get bytes() {
      return bytes;
    },
    async append(block) {
      const frame = encodeFrame(block);
      try {
        await writeFully(file, frame, bytes);
        await file.datasync();
      } catch (error) {
        await file.truncate(bytes);
        throw error;
      }
      bytes += frame.length;
    },
    async rotate() {
      const next = await create(folder, number + 1);
      await file.close();
      file = next;
      bytes = 0;
      number += 1;
      return number - 1;
    },
    async removeUpTo(last) {
      for (const old of listNumbers(folder)) if (old <= last) await rm(join(folder, nameOf(old)), { force: true });
    },
    close: () => file.close(),
  };
}

/** The folder is synced too: a file whose name is lost is as good as never written. */
async function create(folder: string, number: number): Promise<FileHandle> {
  const file = await open(join(folder, nameOf(number)), 'wx', 0o600);
  await syncFolder(folder);
  return file;
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
