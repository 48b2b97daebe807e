'use client';

import { ChevronLeft, ChevronRight, Download } from 'lucide-react';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { dateFormat } from '#lib/format/intl-cache.ts';
import { formatClock, zoneName } from '#lib/format/time.ts';
import { type CostPeriod, neighbour } from './cost-period.ts';

export interface CostToolbarProps {
  period: CostPeriod;
  now: number;
  onChange: (by: CostPeriod['by'], text: string | null) => void;
  /** Up to when instance time is counted. */
  completeTo: string | undefined;
  onExport: (() => void) | null;
}

/** A month by day or a day by hour; earlier and later; as a file. */
export function CostToolbar({ period, now, onChange, completeTo, onExport }: CostToolbarProps) {
  const style = useTimeStyle();
  const isLast = period.span.toMs > now;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <div className="inline-flex h-7 items-center rounded-md border border-line-strong max-md:h-9">
        <IconButton
          label="Earlier"
          size="sm"
          icon={<ChevronLeft size={14} aria-hidden="true" />}
          onPress={() => onChange(period.by, neighbour(period, -1).text)}
        />
        <span className="border-x border-line px-3 text-xs leading-6.5 font-medium max-md:leading-8.5">
          {nameOfPeriod(period, style.locale)}
        </span>
        <IconButton
          label="Later"
          size="sm"
          isDisabled={isLast}
          icon={<ChevronRight size={14} aria-hidden="true" />}
          onPress={() => onChange(period.by, neighbour(period, 1).text)}
        />
      </div>
      <SegmentedControl
        label="Shown by"
        options={[
          { id: 'day', label: 'Month by day' },
          { id: 'hour', label: 'Day by hour' },
        ]}
        value={period.by}
        onChange={(by) => onChange(by, null)}
      />
      <span className="text-xs text-muted max-md:order-last max-md:w-full">
        {completeTo && isLast
          ? `Complete to ${formatClock(completeTo, style)} ${zoneName(completeTo, style)}. Days are cut at midnight UTC.`
          : 'Days are cut at midnight UTC.'}
      </span>
      <Button
        size="sm"
        className="ms-auto"
        isDisabled={onExport === null}
        icon={<Download size={14} aria-hidden="true" />}
        onPress={() => onExport?.()}
      >
        CSV
      </Button>
    </div>
  );
}

/** `March 2026`, `12 Mar 2026`. */
export function nameOfPeriod({ by, span }: CostPeriod, locale: string): string {
  const options =
    by === 'day'
      ? ({ timeZone: 'UTC', month: 'long', year: 'numeric' } as const)
      : ({ timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' } as const);
  return dateFormat(locale, options).format(span.fromMs);
}
