'use client';

import { useEffect, useState } from 'react';
import type { LogLine } from '#lib/contracts/deployment.ts';
import { API_BASE, apiPath, withSearch } from '#lib/queries/fetch-json.ts';

export interface LogStreamRequest {
  endpoint: string;
  deployment: string;
  instance?: string | undefined;
  tail?: number;
  since?: string | undefined;
}

/** Lines kept in the browser; the server has the rest. */
const MAX_LINES = 200_000;

export type LogStreamState = 'connecting' | 'live' | 'reconnecting';

/**
 * Console lines of a deployment, followed live. A lost connection resumes after the last line (the browser sends `Last-Event-ID`). Lines of one
 * moment are shown together, so that a thousand a second cost one paint.
 */
export function useLogStream(request: LogStreamRequest | null) {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [state, setState] = useState<LogStreamState>('connecting');
  const path =
    request === null
      ? null
      : withSearch(`${API_BASE}${apiPath('endpoints', request.endpoint, 'deployments', request.deployment, 'logs')}`, {
          follow: true,
          tail: request.tail ?? 2_000,
          instance: request.instance,
          since: request.since,
        });
  useEffect(() => {
    if (path === null) return;
    setLines([]);
    setState('connecting');
    let waiting: LogLine[] = [];
    let frame = 0;
    const source = new EventSource(path);
    const flush = (): void => {
      frame = 0;
      const arrived = waiting;
      waiting = [];
      setLines((known) => [...known, ...arrived].slice(-MAX_LINES));
    };
    source.addEventListener('line', (event: MessageEvent<string>) => {
      waiting.push(JSON.parse(event.data) as LogLine);
      frame ||= requestAnimationFrame(flush);
    });
    source.addEventListener('open', () => setState('live'));
    source.addEventListener('error', () => setState('reconnecting'));
    return () => {
      source.close();
      cancelAnimationFrame(frame);
    };
  }, [path]);
  return { lines, state };
}
