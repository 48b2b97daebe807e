import type { Readable } from 'node:stream';
import { AppError } from '#server/kernel/app-error.ts';

const IDLE_LIMIT_MS = 60_000;

/** The chunks of a stream; one that stays silent for a minute is ended, so that a sender who is gone holds nothing. */
export async function* withIdleLimit(stream: Readable, limitMs = IDLE_LIMIT_MS): AsyncGenerator<Uint8Array> {
  const text = `Nothing came for ${limitMs / 1000} s. Check the connection and go on.`;
  const timer = setTimeout(() => stream.destroy(new AppError('request.malformed', text)), limitMs);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      timer.refresh();
      yield chunk;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}
