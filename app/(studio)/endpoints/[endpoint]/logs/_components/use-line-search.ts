'use client';

import { useMemo, useState } from 'react';
import { findMatches, stepMatch } from '#components/logs/search-lines.ts';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import type { LogLine } from '#lib/contracts/deployment.ts';

/** Matches of a text in the lines, and which of them is looked at. `onJump` is told before the view moves. */
export function useLineSearch(lines: readonly LogLine[], text: string, onJump: () => void) {
  const matches = useMemo(() => findMatches(lines, text), [lines, text]);
  const [current, setCurrent] = useState<number | null>(null);
  const isMatch = current !== null && matches.includes(current);

  function step(direction: 1 | -1): void {
    onJump();
    setCurrent((known) => stepMatch(matches, known, direction));
  }
  useShortcuts([
    { keys: 'n', label: 'Next match', group: 'Console', run: () => step(1) },
    { keys: 'Shift+N', label: 'Previous match', group: 'Console', run: () => step(-1) },
  ]);
  return {
    count: matches.length,
    /** Which of the matches, from 1; 0 where none is looked at. */
    position: isMatch ? matches.indexOf(current) + 1 : 0,
    current: isMatch ? current : null,
    step,
  };
}
