'use client';

import type { CSSProperties, ReactNode } from 'react';
import { Label } from 'react-aria-components/Label';
import { Slider as AriaSlider, SliderThumb, SliderTrack } from 'react-aria-components/Slider';
import { cx } from './class-names.ts';
import { LABEL_CLASSES } from './field-classes.ts';

export interface SliderProps {
  label: ReactNode;
  labelHidden?: boolean;
  value: number;
  onChange: (value: number) => void;
  onChangeEnd?: (value: number) => void;
  min?: number;
  max?: number;
  step?: number;
  /** Highest value that can be reached now; the rest of the track is hatched. */
  limit?: number;
  /** The applied value, marked on the track while another one is drafted. */
  applied?: number;
  /** CSS colour of the filled part; viridian unless it belongs to a deployment. */
  colour?: string;
  isDisabled?: boolean;
  className?: string;
}

/** One value on a line. Dragging only drafts; pair it with a number field, so that nobody has to drag. */
export function Slider({
  label,
  labelHidden,
  value,
  onChange,
  onChangeEnd,
  min = 0,
  max = 100,
  step = 1,
  limit = max,
  applied,
  colour = 'var(--color-accent)',
  isDisabled = false,
  className,
}: SliderProps) {
  const share = (of: number) => `${((of - min) / (max - min)) * 100}%`;
  return (
    <AriaSlider
      value={value}
      onChange={(next) => onChange(Math.min(next, limit))}
      {...(onChangeEnd ? { onChangeEnd: (next: number) => onChangeEnd(Math.min(next, limit)) } : {})}
      minValue={min}
      maxValue={max}
      step={step}
      isDisabled={isDisabled}
      className={cx('grid gap-1', className)}
      style={{ '--c': isDisabled ? 'var(--color-line-strong)' : colour } as CSSProperties}
    >
      <Label className={labelHidden ? 'sr-only' : LABEL_CLASSES}>{label}</Label>
      <SliderTrack className="relative flex h-8 w-full cursor-ew-resize items-center data-disabled:cursor-not-allowed">
        <span className="absolute inset-x-0 h-1.5 rounded-[3px] bg-sunken inset-ring inset-ring-line-strong" />
        <span className="absolute start-0 h-1.5 rounded-[3px] bg-(--c)" style={{ width: share(value) }} />
        {limit < max ? (
          <span
            className="hatch absolute end-0 h-1.5 rounded-e-[3px]"
            style={{ width: share(min + max - limit), '--c': 'var(--color-line-strong)' } as CSSProperties}
          />
        ) : null}
        {applied === undefined || applied === value ? null : (
          <span
            className="absolute h-4 border-s-[1.5px] border-dashed border-text"
            style={{ insetInlineStart: share(applied) }}
          />
        )}
        <SliderThumb className="top-1/2 grid h-6 w-5 place-items-center rounded-sm border-[1.5px] border-control bg-page shadow-thumb before:h-2.5 before:w-[5px] before:border-x-[1.5px] before:border-muted before:content-[''] data-disabled:border-line-strong data-disabled:bg-fill data-disabled:shadow-none data-dragging:border-accent data-dragging:bg-accent-wash data-focus-visible:outline-2 data-focus-visible:outline-offset-2 data-focus-visible:outline-focus data-hovered:border-text" />
      </SliderTrack>
    </AriaSlider>
  );
}
