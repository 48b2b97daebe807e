import { MAX_COMPARED_BYTES } from '#lib/contracts/comparison-rules.ts';
import type { EndedAnswer } from './compare-answers.ts';
import { fieldId } from './http1/field-names.ts';
import type { FieldTable } from './http1/field-table.ts';
import type { ResponseHead } from './http1/response-head.ts';

const CONTENT_TYPE = fieldId('content-type');
const CONTENT_ENCODING = Buffer.from('content-encoding', 'latin1');

/** Bytes that all comparisons of a worker may hold together. */
export class CaptureRoom {
  private readonly limit: number;
  private used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get held(): number {
    return this.used;
  }

  tryTake(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

/** Keeps the answer of one deployment while it passes through, as far as it can be compared. */
export class AnswerCapture {
  /** As the model said it; 0 before its head has come. */
  status = 0;
  /** There was no room for it. */
  isDropped = false;
  private readonly room: CaptureRoom;
  private obstacle: EndedAnswer['obstacle'] = null;
  private pieces: Buffer[] = [];
  private bytes = 0;

  constructor(room: CaptureRoom) {
    this.room = room;
  }

  onHead(head: ResponseHead): void {
    this.status = head.status;
    this.obstacle = obstacleOf(head);
  }

  /** The octets are copied: their buffer is used again. */
  add(bytes: Buffer, start: number, end: number): void {
    if (this.obstacle !== null || this.isDropped) return;
    const size = end - start;
    if (this.bytes + size > MAX_COMPARED_BYTES) {
      this.obstacle = 'too_large';
      this.release();
    } else if (this.room.tryTake(size)) {
      this.bytes += size;
      this.pieces.push(Buffer.from(bytes.subarray(start, end)));
    } else {
      this.isDropped = true;
      this.release();
    }
  }

  /** @param isWhole false where the answer was cut or never came */
  ended(isWhole: boolean): EndedAnswer {
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    return { status: this.status, body, obstacle: isWhole ? this.obstacle : 'no_answer' };
  }

  release(): void {
    this.room.give(this.bytes);
    this.bytes = 0;
    this.pieces = [];
  }
}

function obstacleOf({ fields, contentLength }: ResponseHead): EndedAnswer['obstacle'] {
  if (/^text\/event-stream\b/i.test(fields.valueOf(CONTENT_TYPE) ?? '')) return 'stream';
  if (isEncoded(fields)) return 'encoded';
  return contentLength > MAX_COMPARED_BYTES ? 'too_large' : null;
}

function isEncoded(fields: FieldTable): boolean {
  for (let line = 0; line < fields.count; line += 1) {
    if (fields.nameEqualsName(line, CONTENT_ENCODING)) return !/^\s*identity\s*$/i.test(fields.value(line));
  }
  return false;
}
