'use client';

import { useSyncExternalStore } from 'react';
import { formatAge, formatInstant, formatWhen } from '#lib/format/time.ts';
import { useTimeStyle } from './preferences.tsx';

const TICK_MS = 30_000;
let now = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for every age on the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const one of listeners) one();
    }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time now in epoch milliseconds, to half a minute; 0 while rendering on the server. */
export function useNow(): number {
  return useSyncExternalStore(
    subscribe,
    () => (now ||= Date.now()),
    () => 0,
  );
}

/** A time as an age (`3 h`), in a sentence (`3 h ago`), or as a clock time today (`11:48`), with everything in its title. */
export function Age({ at, as = 'age' }: { at: string | number; as?: 'age' | 'ago' | 'when' }) {
  const style = useTimeStyle();
  const current = useNow();
  const iso = new Date(at).toISOString();
  const text =
    current === 0 ? '' : as === 'when' ? formatWhen(at, current, style) : ageWords(formatAge(at, current, style), as);
  return (
    <time dateTime={iso} title={formatInstant(at, style)}>
      {text}
    </time>
  );
}

function ageWords(age: string, as: 'age' | 'ago'): string {
  if (as === 'age') return age;
  return age === 'now' ? 'just now' : `${age} ago`;
}
