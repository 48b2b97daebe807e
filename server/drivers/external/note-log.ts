import { type Clock, formatInstant } from '#server/kernel/clock.ts';
import { createCursorSource, isAfter } from '../console/console-line.ts';
import type { ConsoleLine, ReadLogsOptions } from '../runtime-driver.ts';

const MAX_LINES = 500;

/** What was noticed about the servers of each deployment; newest lines only, and gone with the process. */
export interface NoteLog {
  add(deployment: string, instanceId: string, text: string): void;
  read(deployment: string, instanceId: string | null, options: ReadLogsOptions): ConsoleLine[];
  /** Calls back for each line after the cursor, and for each new one until the signal aborts. */
  follow(
    deployment: string,
    instanceId: string | null,
    after: string | null,
    onLine: (line: ConsoleLine) => void,
    signal: AbortSignal,
  ): Promise<void>;
  forget(deployment: string): void;
  list(): { endpoint: string; deployment: string }[];
}

export function createNoteLog(clock: Clock): NoteLog {
  const lines = new Map<string, ConsoleLine[]>();
  const followers = new Set<(deployment: string, line: ConsoleLine) => void>();
  const cursors = createCursorSource(clock.now);

  const linesOf = (deployment: string, instanceId: string | null): ConsoleLine[] =>
    (lines.get(deployment) ?? []).filter((line) => instanceId === null || line.instanceId === instanceId);

  return {
    add(deployment, instanceId, text) {
      const at = formatInstant(clock.now());
      const line: ConsoleLine = { cursor: cursors.next(), at, instanceId, stream: 'system', text };
      lines.set(deployment, [...(lines.get(deployment) ?? []), line].slice(-MAX_LINES));
      for (const tell of followers) tell(deployment, line);
    },
    read(deployment, instanceId, { tail, since, after }) {
      return linesOf(deployment, instanceId)
        .filter((line) => after === undefined || isAfter(line.cursor, after))
        .filter((line) => since === undefined || Date.parse(line.at) >= Date.parse(since))
        .slice(tail === 0 ? Infinity : -tail);
    },
    async follow(deployment, instanceId, after, onLine, signal) {
      if (after !== null)
        for (const line of linesOf(deployment, instanceId)) if (isAfter(line.cursor, after)) onLine(line);
      const tell = (of: string, line: ConsoleLine): void => {
        if (of === deployment && (instanceId === null || line.instanceId === instanceId)) onLine(line);
      };
      followers.add(tell);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      followers.delete(tell);
    },
    forget: (deployment) => void lines.delete(deployment),
    list: () =>
      [...lines.keys()].map((key) => {
        const [endpoint = '', deployment = ''] = key.split('/');
        return { endpoint, deployment };
      }),
  };
}
