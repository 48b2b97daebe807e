import type { ChangeEvent } from '#lib/contracts/event.ts';
import { readEventStream } from './read-event-stream.ts';

/** `live`: the stream is open. `connecting`: it is not, but not for long. `stale`: lost for longer than people should trust the page. */
export type LiveStatus = 'connecting' | 'live' | 'stale';

export interface ChangeStreamHandlers {
  onChange: (change: ChangeEvent) => void;
  /** The position was too old, or was lost: everything must be read afresh. */
  onReset: () => void;
  onStatus: (status: LiveStatus) => void;
}

type TabMessage =
  | { kind: 'change'; id: string; change: ChangeEvent }
  | { kind: 'reset'; id: string }
  | { kind: 'status'; status: LiveStatus }
  | { kind: 'hello' };

const CHANNEL = 'viridian.changes';

export interface ChangeStreamTiming {
  staleAfterMs: number;
  /** The first pause before connecting again; it doubles up to the longest. */
  minBackoffMs: number;
  maxBackoffMs: number;
}

const TIMING: ChangeStreamTiming = { staleAfterMs: 10_000, minBackoffMs: 500, maxBackoffMs: 5_000 };

/**
 * One stream of resource changes per browser: the tab that holds the lock reads it and tells the others. When that tab goes, the next one
 * resumes from the last event that it heard of. Without Web Locks (plain HTTP on another host) every tab reads its own stream.
 * @returns stops it
 */
export function startChangeStream(handlers: ChangeStreamHandlers, timing: ChangeStreamTiming = TIMING): () => void {
  const stopped = new AbortController();
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL);
  let lastEventId: string | null = null;
  let status: LiveStatus = 'connecting';
  let leads = false;

  function setStatus(next: LiveStatus): void {
    status = next;
    handlers.onStatus(next);
  }

  function receive(message: TabMessage): void {
    if (message.kind === 'hello') {
      if (leads) channel?.postMessage({ kind: 'status', status } satisfies TabMessage);
      return;
    }
    if (message.kind === 'status') return setStatus(message.status);
    lastEventId = message.id;
    if (message.kind === 'reset') handlers.onReset();
    else handlers.onChange(message.change);
  }

  function tell(message: TabMessage): void {
    receive(message);
    channel?.postMessage(message);
  }

  async function lead(): Promise<void> {
    leads = true;
    let staleTimer: ReturnType<typeof setTimeout> | undefined;
    let backoffMs = timing.minBackoffMs;
    // A tab that followed another may have missed what happened while the lead changed hands.
    let mayHaveMissed = status !== 'connecting';
    while (!stopped.signal.aborted) {
      staleTimer ??= setTimeout(() => tell({ kind: 'status', status: 'stale' }), timing.staleAfterMs);
      try {
        await readEventStream({
          path: '/events',
          lastEventId,
          signal: stopped.signal,
          onOpen: () => {
            clearTimeout(staleTimer);
            staleTimer = undefined;
            backoffMs = timing.minBackoffMs;
            // No event came yet: there is no position to resume from, so what happened in between is not told.
            if (mayHaveMissed && !lastEventId) tell({ kind: 'reset', id: '' });
            tell({ kind: 'status', status: 'live' });
          },
          onEvent: ({ id, event, data }) => {
            if (event === 'reset') tell({ kind: 'reset', id });
            else if (event === 'change') tell({ kind: 'change', id, change: JSON.parse(data) as ChangeEvent });
          },
        });
      } catch (error) {
        if (!stopped.signal.aborted) console.warn('The stream of changes was lost.', error);
      }
      if (stopped.signal.aborted) break;
      mayHaveMissed = true;
      if (status === 'live') tell({ kind: 'status', status: 'connecting' });
      await pause(backoffMs * (0.5 + Math.random() / 2), stopped.signal);
      backoffMs = Math.min(backoffMs * 2, timing.maxBackoffMs);
    }
    clearTimeout(staleTimer);
  }

  channel?.addEventListener('message', (event: MessageEvent<TabMessage>) => receive(event.data));
  channel?.postMessage({ kind: 'hello' } satisfies TabMessage);
  void leadWhenAlone(lead, stopped.signal);
  return () => {
    stopped.abort();
    channel?.close();
  };
}

async function leadWhenAlone(lead: () => Promise<void>, signal: AbortSignal): Promise<void> {
  if (!('locks' in navigator)) return lead();
  try {
    await navigator.locks.request(CHANNEL, { signal }, lead);
  } catch (error) {
    // Stopped before the lock was granted.
    if (!signal.aborted) throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
