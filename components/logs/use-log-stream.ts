'use client';

import { useEffect, useReducer } from 'react';
import type { LogLine } from '#lib/contracts/deployment.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { apiPath, withSearch } from '#lib/queries/fetch-json.ts';
import { readEventStream } from '#lib/queries/read-event-stream.ts';

export interface LogStreamRequest {
  endpoint: string;
  deployment: string;
  instance?: string | undefined;
  tail?: number;
  /** RFC 3339; only lines from then on. */
  since?: string | undefined;
  /** Lines of the build of what it runs in, or of what it was given to read, in place of its console. */
  container?: 'build' | 'storage-initializer' | undefined;
  /** Nothing more can come once the server has closed it. */
  ends?: boolean;
}

export interface LineStreamRequest {
  /** After `/api/v1`, with its search. */
  path: string;
  /** The server closes it when there is nothing left to come; it is then not opened again. */
  ends?: boolean;
}

/** A line and the position that resumes the stream behind it. */
export interface StreamedLine extends LogLine {
  id: string;
}

export type LogStreamState = 'connecting' | 'live' | 'reconnecting' | 'ended';

export interface LogStream {
  lines: readonly StreamedLine[];
  state: LogStreamState;
  /** Why the server refuses; then nothing is tried again. */
  problem: Problem | null;
}

/** Lines kept in the browser; the server has the rest. */
const MAX_LINES = 200_000;
const DEFAULT_TAIL = 5_000;
const RECONNECT_MS = 1_000;
/** Lines of one moment are shown together, so that a thousand a second cost a few paints. */
const BATCH_MS = 100;

type Step =
  | { kind: 'start' }
  | { kind: 'lines'; lines: readonly StreamedLine[] }
  | { kind: 'state'; state: LogStreamState }
  | { kind: 'refused'; problem: Problem };

const EMPTY: LogStream = { lines: [], state: 'connecting', problem: null };

function stepStream(stream: LogStream, step: Step): LogStream {
  switch (step.kind) {
    case 'start':
      return EMPTY;
    case 'lines':
      return { ...stream, lines: [...stream.lines, ...step.lines].slice(-MAX_LINES) };
    case 'state':
      return { ...stream, state: step.state };
    case 'refused':
      return { ...stream, problem: step.problem };
  }
}

/**
 * Console lines of a deployment, followed live. A lost connection resumes after the last line, without gap or repeat; a hidden page lets go of
 * the connection and resumes when it is looked at again.
 * @param request null reads nothing
 */
export function useLogStream(request: LogStreamRequest | null): LogStream {
  const path =
    request &&
    withSearch(apiPath('endpoints', request.endpoint, 'deployments', request.deployment, 'logs'), {
      follow: true,
      tail: request.tail ?? DEFAULT_TAIL,
      instance: request.instance,
      since: request.since,
      container: request.container,
    });
  return useLineStream(path === null ? null : { path, ends: request?.ends ?? false });
}

/** The same of any address that streams lines. */
export function useLineStream(request: LineStreamRequest | null): LogStream {
  const [stream, dispatch] = useReducer(stepStream, EMPTY);
  const path = request?.path ?? null;
  const ends = request?.ends ?? false;
  useEffect(() => {
    dispatch({ kind: 'start' });
    return path === null ? undefined : followPath(path, ends, dispatch);
  }, [path, ends]);
  return stream;
}

/** @returns stops it */
function followPath(path: string, ends: boolean, dispatch: (step: Step) => void): () => void {
  const stopped = new AbortController();
  let connection: AbortController | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let lastEventId: string | null = null;
  let hasEnded = false;
  const batch = createBatch((lines) => dispatch({ kind: 'lines', lines }));

  async function connect(): Promise<void> {
    const own = new AbortController();
    connection = own;
    try {
      await readEventStream({
        path,
        lastEventId,
        signal: AbortSignal.any([stopped.signal, own.signal]),
        onOpen: () => dispatch({ kind: 'state', state: 'live' }),
        onEvent: ({ id, event, data }) => {
          if (event !== 'line') return;
          lastEventId = id;
          batch.add({ ...(JSON.parse(data) as LogLine), id });
        },
      });
      if (ends && !own.signal.aborted && !stopped.signal.aborted) {
        hasEnded = true;
        return dispatch({ kind: 'state', state: 'ended' });
      }
    } catch (error) {
      const problem = problemOf(error);
      if (!own.signal.aborted && problem.status >= 400 && problem.status < 500)
        return dispatch({ kind: 'refused', problem });
    }
    if (stopped.signal.aborted || connection !== own) return;
    connection = null;
    dispatch({ kind: 'state', state: 'reconnecting' });
    retry = setTimeout(() => void connect(), RECONNECT_MS);
  }

  function onVisibility(): void {
    if (hasEnded) return;
    if (document.hidden) {
      clearTimeout(retry);
      connection?.abort();
      connection = null;
    } else if (connection === null) {
      clearTimeout(retry);
      void connect();
    }
  }

  document.addEventListener('visibilitychange', onVisibility);
  if (!document.hidden) void connect();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    clearTimeout(retry);
    stopped.abort();
    batch.stop();
  };
}

function createBatch(flush: (lines: readonly StreamedLine[]) => void) {
  let waiting: StreamedLine[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    add(line: StreamedLine): void {
      waiting.push(line);
      timer ??= setTimeout(() => {
        timer = undefined;
        const lines = waiting;
        waiting = [];
        flush(lines);
      }, BATCH_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
