'use client';

import { memo } from 'react';
import { cx } from '#components/ui/class-names.ts';
import type { LogLine } from '#lib/contracts/deployment.ts';
import { dateFormat } from '#lib/format/intl-cache.ts';
import type { TimeStyle } from '#lib/format/time.ts';
import { isErrorLine, parseConsoleText, plainText, type TextRun } from './console-text.ts';
import { markMatches } from './search-lines.ts';

export const ROW_HEIGHT_PX = 20;

export interface LogRowProps {
  line: LogLine;
  /** From 1; what the line is called by. */
  number: number;
  /** Characters that the widest number needs. */
  numberWidth: number;
  search: string;
  isCurrent: boolean;
  /** Says which instance wrote the line. */
  showInstance: boolean;
  timeStyle: TimeStyle;
  /** Makes the number a button that addresses the line. */
  onSelect?: ((number: number) => void) | undefined;
}

const TONES: Record<NonNullable<TextRun['tone']>, string> = {
  danger: 'text-danger',
  success: 'text-success',
  warning: 'text-warning',
  accent: 'text-accent',
  muted: 'text-muted',
};

/** One console line: number, time, text. Lines of the platform are italic, errors carry a wash and a tick. */
export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { line, number, numberWidth, search, isCurrent, showInstance, timeStyle, onSelect } = props;
  const isError = isErrorLine(plainText(line.text));
  return (
    <div
      data-line={number}
      className={cx(
        'flex w-max min-w-full gap-3 border-s-2 ps-2 pe-4 whitespace-pre',
        isCurrent
          ? 'border-accent bg-accent-wash'
          : isError
            ? 'border-danger bg-danger-wash'
            : 'border-transparent hover:bg-raised',
      )}
      style={{ height: ROW_HEIGHT_PX, lineHeight: `${ROW_HEIGHT_PX}px` }}
    >
      <LineNumber number={number} width={numberWidth} onSelect={onSelect} />
      <time
        dateTime={line.at}
        title={`${line.at}, ${line.instance}, ${line.stream}`}
        className="shrink-0 text-faint select-none max-md:hidden"
      >
        {clockWithMillis(line.at, timeStyle)}
      </time>
      {showInstance ? (
        <span className="w-[8ch] shrink-0 truncate text-faint select-none">{line.instance.split('.').at(-1)}</span>
      ) : null}
      <span className={cx(line.stream === 'system' && 'text-muted italic')}>
        <LineText text={line.text} search={search} />
      </span>
    </div>
  );
});

function LineNumber({
  number,
  width,
  onSelect,
}: {
  number: number;
  width: number;
  onSelect?: LogRowProps['onSelect'];
}) {
  const style = { width: `${width}ch` };
  const look = 'shrink-0 text-end text-faint select-none';
  if (!onSelect)
    return (
      <span className={look} style={style}>
        {number}
      </span>
    );
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={`Link to line ${number}`}
      className={cx(look, 'hover:text-accent hover:underline')}
      style={style}
      onClick={() => onSelect(number)}
    >
      {number}
    </button>
  );
}

function LineText({ text, search }: { text: string; search: string }) {
  return parseConsoleText(text).map((run, index) => (
    <span key={index} className={cx(run.tone && TONES[run.tone], run.strong && 'font-semibold')}>
      {search === ''
        ? run.text
        : markMatches(run.text, search).map((part, at) =>
            part.isMatch ? (
              <mark key={at} className="rounded-xs bg-warning-wash text-inherit outline outline-warning-line">
                {part.text}
              </mark>
            ) : (
              part.text
            ),
          )}
    </span>
  ));
}

function clockWithMillis(at: string, { locale, timeZone }: TimeStyle): string {
  const options = {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  } as const;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : dateFormat(locale, options).format(date);
}
