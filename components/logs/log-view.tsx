'use client';

import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import type { LogLine } from '#lib/contracts/deployment.ts';
import { formatClockMillis } from '#lib/format/time.ts';
import { cleanLogText, findMatches } from './log-text.ts';

export interface LogViewProps {
  lines: readonly LogLine[];
  /** Names the region. */
  label: string;
  /** Stay at the newest line; scrolling up pauses it. */
  follow?: boolean;
  onFollowChange?: (follow: boolean) => void;
  emptyText: string;
  /** CSS height. */
  height: string;
  search?: string;
  /** Line of the address, drawn selected. */
  selectedLine?: number | null;
  onSelectLine?: (line: number) => void;
  /** Shows which instance wrote each line. */
  showInstance?: boolean;
}

const ROW_PX = 20;
/** Rows kept beyond what is seen, so that fast scrolling shows text. */
const OVERSCAN = 20;

/** Console lines in rows of one height, of which only those in sight are drawn: 200,000 lines scroll like twenty. */
export function LogView(props: LogViewProps) {
  const { lines, label, follow = true, onFollowChange, emptyText, height, search = '', selectedLine = null } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const [seen, setSeen] = useState(0);

  useLayoutEffect(() => {
    const element = box.current;
    if (element && follow) {
      element.scrollTop = element.scrollHeight;
      setSeen(lines.length);
    }
  }, [lines, follow]);
  useEffect(() => {
    if (selectedLine !== null && box.current && !follow)
      box.current.scrollTop = Math.max(0, (selectedLine - 5) * ROW_PX);
  }, [selectedLine, follow]);

  function onScroll(element: HTMLDivElement): void {
    setView({ top: element.scrollTop, height: element.clientHeight });
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < ROW_PX;
    if (atEnd !== follow) onFollowChange?.(atEnd);
  }

  const first = Math.max(0, Math.floor(view.top / ROW_PX) - OVERSCAN);
  const last = Math.min(lines.length, Math.ceil((view.top + view.height) / ROW_PX) + OVERSCAN);
  const missed = follow ? 0 : Math.max(0, lines.length - seen);
  return (
    <div className="relative min-w-0">
      {/* A region that scrolls has to be reachable with the keyboard. */}
      <div
        ref={box}
        role="group"
        aria-label={label}
        tabIndex={0}
        onScroll={(event) => onScroll(event.currentTarget)}
        style={{ height }}
        className="overflow-auto bg-page font-mono text-xs leading-5 focus-visible:-outline-offset-2"
      >
        {lines.length === 0 ? <p className="p-4 font-sans text-sm text-muted">{emptyText}</p> : null}
        <div className="relative min-w-max" style={{ height: lines.length * ROW_PX }}>
          {lines.slice(first, last).map((line, index) => (
            <LogRow
              key={first + index}
              line={line}
              number={first + index + 1}
              isSelected={selectedLine === first + index + 1}
              search={search}
              showInstance={props.showInstance ?? false}
              onSelect={props.onSelectLine}
            />
          ))}
        </div>
      </div>
      {missed > 0 ? (
        <span className="absolute end-4 bottom-3">
          <Button size="sm" icon={<ArrowDown size={14} aria-hidden="true" />} onPress={() => onFollowChange?.(true)}>
            {missed} new {missed === 1 ? 'line' : 'lines'}
          </Button>
        </span>
      ) : null}
    </div>
  );
}

interface LogRowProps {
  line: LogLine;
  number: number;
  isSelected: boolean;
  search: string;
  showInstance: boolean;
  onSelect: ((line: number) => void) | undefined;
}

function LogRow({ line, number, isSelected, search, showInstance, onSelect }: LogRowProps) {
  const style = useTimeStyle();
  const text = cleanLogText(line.text);
  const tone = line.stream === 'stderr' ? 'text-danger' : line.stream === 'system' ? 'text-muted italic' : '';
  return (
    <div
      className={`absolute flex h-5 min-w-full gap-3 border-s-2 pe-4 whitespace-pre hover:bg-raised ${isSelected ? 'border-accent bg-accent-wash' : 'border-transparent'}`}
      style={{ top: (number - 1) * ROW_PX }}
    >
      <button
        type="button"
        tabIndex={-1}
        aria-label={`Link to line ${number}`}
        className="w-12 shrink-0 text-end text-faint select-none hover:underline"
        onClick={() => onSelect?.(number)}
      >
        {number}
      </button>
      <time dateTime={line.at} className="shrink-0 text-faint">
        {formatClockMillis(line.at, style)}
      </time>
      {showInstance ? (
        <span className="w-16 shrink-0 truncate text-faint">{line.instance.split('.').at(-1)}</span>
      ) : null}
      <span className={tone}>{search === '' ? text : <Marked text={text} search={search} />}</span>
    </div>
  );
}

function Marked({ text, search }: { text: string; search: string }) {
  const parts = findMatches(text, search);
  return parts.map((part, index) =>
    part.isMatch ? (
      <mark key={index} className="bg-warning-wash text-text outline outline-warning-line">
        {part.text}
      </mark>
    ) : (
      part.text
    ),
  );
}
