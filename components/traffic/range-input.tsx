'use client';

import { type CSSProperties, type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';

export interface RangeInputProps {
  /** "Share of green". */
  label: string;
  value: number;
  /** Reachable values on a track that always stands for 0 to 100. */
  min: number;
  max: number;
  /** What a screen reader says instead of the bare number. */
  valueText: string;
  /** Width of the drawn thumb; the pointer's position is exact only if it is the same. */
  thumbPx: number;
  /** Values grow from right to left. */
  reversed?: boolean;
  isDisabled?: boolean;
  describedBy?: string | undefined;
  /** `isDragging` while a pointer is down; `isFree` while Alt is held, so that nothing is drawn to presets. */
  onInput: (value: number, how: { isDragging: boolean; isFree: boolean; trackPx: number }) => void;
  onRelease: () => void;
  onKey?: (event: KeyboardEvent<HTMLInputElement>) => void;
  inputRef?: RefObject<HTMLInputElement | null>;
}

const STEP_KEYS: Record<string, number> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const SHIFTED = 10;

/**
 * The native range input that lies unseen over a drawn track: touch screen readers work with it, and a click on the track is a click on it. It
 * spans the reachable part only, so that its limits are the true ones. Put the drawn thumb behind it, with `peer-*` looks.
 */
export function RangeInput(props: RangeInputProps) {
  const { label, value, min, max, valueText, thumbPx, reversed = false, isDisabled = false, inputRef } = props;
  const own = useRef<HTMLInputElement>(null);
  const input = inputRef ?? own;
  const pointer = usePointerState(props.onRelease);
  // Arrows to the side follow the thumb, whichever way the values grow.
  const rightward = reversed ? -1 : 1;

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    props.onKey?.(event);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = keyTarget(event, value, min, max, rightward);
    if (next === null) return;
    event.preventDefault();
    props.onInput(Math.min(max, Math.max(min, next)), { isDragging: false, isFree: true, trackPx: 0 });
  }

  const span = max - min;
  return (
    <input
      ref={input}
      type="range"
      dir={reversed ? 'rtl' : 'ltr'}
      aria-label={label}
      aria-valuetext={valueText}
      aria-describedby={props.describedBy}
      min={min}
      max={max}
      step={1}
      value={value}
      disabled={isDisabled || span <= 0}
      onChange={(event) =>
        props.onInput(Number(event.target.value), {
          isDragging: pointer.isDown(),
          isFree: pointer.isFree(),
          trackPx: (event.target.clientWidth - thumbPx) * (100 / Math.max(1, span)),
        })
      }
      onPointerDown={pointer.onDown}
      onPointerMove={pointer.onMove}
      onKeyDown={onKeyDown}
      className="peer absolute inset-y-0 z-10 m-0 h-full cursor-ew-resize touch-pan-y appearance-none opacity-0 disabled:cursor-not-allowed [&::-moz-range-thumb]:h-full [&::-moz-range-thumb]:w-(--thumb) [&::-webkit-slider-runnable-track]:h-full [&::-webkit-slider-thumb]:h-full [&::-webkit-slider-thumb]:w-(--thumb) [&::-webkit-slider-thumb]:appearance-none"
      style={
        {
          '--thumb': `${thumbPx}px`,
          left: `calc(${reversed ? 100 - max : min}% - ${thumbPx / 2}px)`,
          width: `calc(${span}% + ${thumbPx}px)`,
        } as CSSProperties
      }
    />
  );
}

/** The value that a key asks for, or null where it is no key of sliders. */
function keyTarget(
  { key, shiftKey }: KeyboardEvent,
  value: number,
  min: number,
  max: number,
  rightward: number,
): number | null {
  if (key === 'Home') return min;
  if (key === 'End') return max;
  const sideways = key === 'ArrowRight' ? rightward : key === 'ArrowLeft' ? -rightward : undefined;
  const step = sideways ?? STEP_KEYS[key];
  if (step === undefined) return null;
  return value + step * (shiftKey && Math.abs(step) === 1 ? SHIFTED : 1);
}

/** Whether a pointer holds the thumb, and whether Alt is down. The release is heard wherever it happens. */
function usePointerState(onRelease: () => void) {
  const down = useRef(false);
  const alt = useRef(false);
  const release = useRef(onRelease);
  useEffect(() => {
    release.current = onRelease;
  });
  useEffect(() => {
    const up = (): void => {
      if (!down.current) return;
      down.current = false;
      release.current();
    };
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', up);
    return () => {
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', up);
    };
  }, []);
  return {
    isDown: () => down.current,
    isFree: () => alt.current,
    onDown: (event: { altKey: boolean }) => {
      down.current = true;
      alt.current = event.altKey;
    },
    onMove: (event: { altKey: boolean }) => {
      alt.current = event.altKey;
    },
  };
}
