'use client';

import { Check, ChevronLeft, ChevronRight, Clock, Pause, Radio, ZoomOut } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { cx } from '#components/ui/class-names.ts';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Popover } from '#components/ui/popover.tsx';
import { zoneName } from '#lib/format/time.ts';
import { describeSpan, FAULT_TEXTS, nameOfRange, QUICK_RANGES } from '#lib/time-range/describe-range.ts';
import {
  absoluteRange,
  faultOf,
  formatRange,
  isLive,
  parseRange,
  resolveRange,
  shiftSpan,
  type Span,
  type TimeRange,
  zoomOut,
} from '#lib/time-range/time-range.ts';
import { parseTypedRange } from '#lib/time-range/typed-range.ts';
import { readRecentRanges, rememberRange } from './recent-ranges.ts';

export interface RangePickerProps {
  range: TimeRange;
  /** The range as it stands now. */
  span: Span;
  onChange: (range: TimeRange) => void;
  /** New figures appear by themselves. */
  live: boolean;
  onLiveChange: (live: boolean) => void;
}

/** Which stretch of time a page shows: quick ranges, what was used before, or typed; earlier, later, wider. */
export function RangePicker({ range, span, onChange, live, onLiveChange }: RangePickerProps) {
  const moves = isLive(range);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="inline-flex h-7 items-stretch rounded-md border border-line-strong max-md:h-9">
        <StepButton label="Earlier" onPress={() => onChange(absoluteRange(shiftSpan(span, -1, Date.now())))}>
          <ChevronLeft size={14} aria-hidden="true" />
        </StepButton>
        <RangeMenu range={range} span={span} onChange={onChange} />
        <StepButton
          label="Later"
          isDisabled={moves}
          onPress={() => onChange(absoluteRange(shiftSpan(span, 1, Date.now())))}
        >
          <ChevronRight size={14} aria-hidden="true" />
        </StepButton>
        <StepButton label="Zoom out" onPress={() => onChange(absoluteRange(zoomOut(span, Date.now())))}>
          <ZoomOut size={14} aria-hidden="true" />
        </StepButton>
      </div>
      <Button
        size="sm"
        aria-pressed={moves && live}
        isDisabled={!moves}
        title={moves ? undefined : 'The range does not end now'}
        icon={
          moves && live ? (
            <Radio size={14} className="!text-success" aria-hidden="true" />
          ) : (
            <Pause size={14} aria-hidden="true" />
          )
        }
        onPress={() => onLiveChange(!live)}
      >
        {moves && live ? 'Live' : 'Paused'}
      </Button>
    </div>
  );
}

function StepButton({
  label,
  isDisabled = false,
  onPress,
  children,
}: {
  label: string;
  isDisabled?: boolean;
  onPress: () => void;
  children: React.ReactNode;
}) {
  return (
    <IconButton
      label={label}
      size="sm"
      icon={children}
      isDisabled={isDisabled}
      className="!h-auto !rounded-none !border-0 first:!rounded-s-md last:!rounded-e-md"
      onPress={onPress}
    />
  );
}

function RangeMenu({ range, span, onChange }: Pick<RangePickerProps, 'range' | 'span' | 'onChange'>) {
  const style = useTimeStyle();
  const name = nameOfRange(range);
  const times = describeSpan(span, span.toMs, style);
  return (
    <Popover
      label="Range"
      placement="bottom start"
      trigger={
        <button
          type="button"
          className="inline-flex items-center gap-1.5 border-x border-line px-2.5 text-xs font-medium whitespace-nowrap hover:bg-raised focus-visible:-outline-offset-2"
        >
          <Clock size={14} className="text-muted" aria-hidden="true" />
          {name ?? times}
          {name ? <span className="font-normal text-muted max-md:hidden">{times}</span> : null}
        </button>
      }
    >
      {(close) => (
        <RangeForm
          range={range}
          onChange={(next) => {
            rememberRange(next);
            onChange(next);
            close();
          }}
        />
      )}
    </Popover>
  );
}

function RangeForm({ range, onChange }: { range: TimeRange; onChange: (range: TimeRange) => void }) {
  const style = useTimeStyle();
  const [text, setText] = useState(formatRange(range));
  const [now] = useState(() => Date.now());
  const parsed = parseTypedRange(text, now, style.timeZone);
  const span = parsed && resolveRange(parsed, now, style.timeZone);
  const fault = span && faultOf(span, now);
  const recent = readRecentRanges();

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (parsed && !fault) onChange(parsed);
  }
  return (
    <div className="grid w-78 max-w-[calc(100vw-40px)] gap-3 p-2">
      <form className="grid gap-1" onSubmit={submit}>
        <label htmlFor="range-text" className="text-sm font-medium">
          From, to
        </label>
        <div className="flex gap-2">
          <input
            id="range-text"
            value={text}
            autoComplete="off"
            spellCheck={false}
            aria-describedby="range-preview"
            aria-invalid={!parsed || Boolean(fault)}
            onChange={(event) => setText(event.target.value)}
            className="h-8 min-w-0 flex-1 rounded-md border border-control bg-page px-2.5 font-mono text-xs focus:border-focus focus:outline-2 focus:-outline-offset-1 focus:outline-focus aria-invalid:border-danger"
          />
          <Button type="submit" isDisabled={!parsed || Boolean(fault)}>
            Show
          </Button>
        </div>
        <p id="range-preview" className={cx('text-xs', parsed && !fault ? 'text-muted' : 'text-danger')}>
          {!span
            ? 'Try now-6h..now, yesterday 14:00 to 15:30, or two ISO times.'
            : fault
              ? FAULT_TEXTS[fault]
              : describeSpan(span, now, style)}
        </p>
      </form>
      {recent.length > 0 ? <RangeList title="Recent" texts={recent} range={range} onChange={onChange} /> : null}
      <RangeList title="Quick ranges" texts={QUICK_RANGES.map((one) => one.text)} range={range} onChange={onChange} />
      <p className="border-t border-line pt-2 text-xs text-faint">
        Times are {style.timeZone} ({zoneName(now, style)}).
      </p>
    </div>
  );
}

function RangeList({
  title,
  texts,
  range,
  onChange,
}: {
  title: string;
  texts: readonly string[];
  range: TimeRange;
  onChange: (range: TimeRange) => void;
}) {
  const style = useTimeStyle();
  const [now] = useState(() => Date.now());
  const current = formatRange(range);
  return (
    <div>
      <p className="mb-1 text-2xs text-faint">{title}</p>
      <ul className="grid grid-cols-2 gap-x-2">
        {texts.map((text) => {
          const one = parseRange(text);
          if (!one) return null;
          return (
            <li key={text}>
              <button
                type="button"
                aria-current={text === current}
                className="flex min-h-7 w-full items-center gap-1.5 rounded-sm px-1.5 text-start text-xs hover:bg-accent-wash"
                onClick={() => onChange(one)}
              >
                <span className="min-w-0 truncate">
                  {nameOfRange(one) ?? describeSpan(resolveRange(one, now, style.timeZone), now, style)}
                </span>
                {text === current ? <Check size={12} className="text-accent" aria-hidden="true" /> : null}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
