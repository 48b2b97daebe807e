'use client';

import { ArrowDown } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { usePreferences, useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { cx } from '#components/ui/class-names.ts';
import type { LogLine } from '#lib/contracts/deployment.ts';
import { formatInteger } from '#lib/format/number.ts';
import { LogRow, ROW_HEIGHT_PX } from './log-row.tsx';
import { useRowWindow } from './use-row-window.ts';

/** Closer to the end than this counts as being there. */
const AT_END_PX = 2 * ROW_HEIGHT_PX;

export interface LogViewProps {
  lines: readonly LogLine[];
  /** Stay at the newest line. Left out, the view decides by itself, starting with yes. */
  follow?: boolean;
  /** Scrolling up asks to stop, scrolling to the end to go on. */
  onFollowChange?: (follow: boolean) => void;
  /** What stands where no line is yet. */
  emptyText: string;
  /** CSS height of the view; a number is pixels. */
  height: number | string;
  /** Text to mark in the lines. */
  search?: string;
  /** Index of the line that is addressed: the current match, or the line of a link. */
  current?: number | null;
  /** Makes line numbers buttons that address their line, counted from 0. */
  onSelectLine?: (index: number) => void;
  /** Shows which instance wrote each line. */
  showInstance?: boolean;
  /** Names the region. */
  label?: string;
  className?: string;
}

/**
 * Console lines in a list that draws only what is in view: 200,000 lines cost as much as fifty. Nothing is read out as it arrives; the button
 * for new lines says how many there are.
 */
export function LogView(props: LogViewProps) {
  const { lines, emptyText, height, search = '', current = null, onSelectLine, className } = props;
  const { label = 'Console', showInstance = false } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const timeStyle = useTimeStyle();
  const { follow, setFollow } = useFollow(props);
  const fresh = useFreshLines(lines.length, follow);
  const rows = useRowWindow(scroller, lines.length);
  const onScroll = useScrolling(scroller, { lines, current, follow, setFollow });

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'End') setFollow(true);
    else if (event.key === 'Home' || event.key === 'ArrowUp' || event.key === 'PageUp') setFollow(false);
  }

  const select = useCallback((number: number) => onSelectLine?.(number - 1), [onSelectLine]);
  const numberWidth = String(Math.max(lines.length, 10)).length;
  return (
    <div className={cx('relative min-w-0', className)} style={{ height }}>
      {/* A region that scrolls has to be reachable with the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        role="group"
        aria-label={label}
        tabIndex={0}
        className="h-full overflow-auto font-mono text-xs focus-visible:-outline-offset-2"
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        {lines.length === 0 ? <p className="px-4 py-3 font-sans text-sm text-muted">{emptyText}</p> : null}
        <div className="relative w-max min-w-full" style={{ height: lines.length * ROW_HEIGHT_PX }}>
          <div style={{ transform: `translateY(${rows.first * ROW_HEIGHT_PX}px)` }}>
            {lines.slice(rows.first, rows.end).map((line, offset) => {
              const index = rows.first + offset;
              return (
                <LogRow
                  key={index}
                  line={line}
                  number={index + 1}
                  numberWidth={numberWidth}
                  search={search}
                  isCurrent={index === current}
                  showInstance={showInstance}
                  timeStyle={timeStyle}
                  onSelect={onSelectLine ? select : undefined}
                />
              );
            })}
          </div>
        </div>
      </div>
      {follow || fresh === 0 ? null : <FreshLines count={fresh} onPress={() => setFollow(true)} />}
    </div>
  );
}

function FreshLines({ count, onPress }: { count: number; onPress: () => void }) {
  const { locale } = usePreferences();
  return (
    <span className="absolute inset-x-0 bottom-3 flex justify-center">
      <Button
        size="sm"
        className="shadow-pop"
        icon={<ArrowDown size={14} aria-hidden="true" />}
        keys={['End']}
        onPress={onPress}
      >
        {formatInteger(count, locale)} new {count === 1 ? 'line' : 'lines'}
      </Button>
    </span>
  );
}

interface ScrollingState {
  lines: readonly LogLine[];
  current: number | null;
  follow: boolean;
  setFollow: (follow: boolean) => void;
}

/** Keeps the newest line in view while following, and tells a person's scrolling from ours. */
function useScrolling(scroller: RefObject<HTMLElement | null>, state: ScrollingState) {
  const { lines, current, follow, setFollow } = state;
  const scrolledByUs = useRef(false);

  const scrollTo = useCallback(
    (top: number) => {
      const element = scroller.current;
      const reachable = element ? Math.min(top, element.scrollHeight - element.clientHeight) : 0;
      if (!element || Math.abs(element.scrollTop - reachable) < 1) return;
      scrolledByUs.current = true;
      element.scrollTo({ top: reachable });
    },
    [scroller],
  );
  const scrollToLine = useCallback(
    (index: number) => scrollTo(Math.max(0, index * ROW_HEIGHT_PX - (scroller.current?.clientHeight ?? 0) / 2)),
    [scroller, scrollTo],
  );

  useLayoutEffect(() => {
    if (follow) scrollTo(lines.length * ROW_HEIGHT_PX);
  }, [follow, lines, scrollTo]);
  useEffect(() => {
    if (current !== null) scrollToLine(current);
  }, [current, scrollToLine]);

  function onScroll(): void {
    const element = scroller.current;
    if (!element) return;
    const byUs = scrolledByUs.current;
    scrolledByUs.current = false;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= AT_END_PX;
    if (!byUs && atEnd !== follow) setFollow(atEnd);
  }
  return onScroll;
}

/** `follow` of the owner, or the view's own where it has none. */
function useFollow({ follow, onFollowChange }: Pick<LogViewProps, 'follow' | 'onFollowChange'>) {
  const [own, setOwn] = useState(true);
  const setFollow = useCallback(
    (next: boolean) => {
      setOwn(next);
      onFollowChange?.(next);
    },
    [onFollowChange],
  );
  return { follow: follow ?? own, setFollow };
}

/** Lines that came since following stopped. */
function useFreshLines(count: number, follow: boolean): number {
  const [seen, setSeen] = useState(count);
  if ((follow && seen !== count) || seen > count) setSeen(count);
  return follow ? 0 : Math.max(0, count - seen);
}
