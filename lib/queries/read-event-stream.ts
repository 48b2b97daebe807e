import { fetchApi } from './fetch-json.ts';
import { createEventStreamParser, type StreamEvent } from './event-stream-parser.ts';

export interface EventStreamRequest {
  path: string;
  lastEventId?: string | null;
  signal: AbortSignal;
  onOpen?: () => void;
  onEvent: (event: StreamEvent) => void;
  /** Silence after which the connection counts as lost, in milliseconds. Servers send a comment every 15 s. */
  idleTimeoutMs?: number;
}

/**
 * Reads one Server-Sent Events connection to its end.
 * @throws ApiProblem when the server refuses, or the connection breaks or falls silent; AbortError when `signal` aborts
 */
export async function readEventStream(request: EventStreamRequest): Promise<void> {
  const { path, lastEventId, signal, onOpen, onEvent, idleTimeoutMs = 45_000 } = request;
  const silence = new AbortController();
  const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
  const orSilence = <T>(step: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => silence.abort(new Error('The event stream fell silent.')), idleTimeoutMs);
    return step.finally(() => clearTimeout(timer));
  };
  const response = await orSilence(
    fetchApi(path, { headers, signal: AbortSignal.any([signal, silence.signal]), cache: 'no-store' }),
  );
  onOpen?.();
  if (!response.body) return;
  const parse = createEventStreamParser(onEvent);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await orSilence(reader.read());
    if (done) return;
    parse(value);
  }
}
