'use client';

import { Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useLocale } from 'react-aria-components/I18nProvider';
import { numberFormat } from '#lib/format/intl-cache.ts';
import { decimalsOf, fitNumber, parseLocaleNumber, stepNumber } from '#lib/format/parse-number.ts';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import { PlainFieldMessages } from './plain-field-messages.tsx';

export interface NumberFieldProps {
  label: ReactNode;
  value: number;
  /** Gets what was typed once it is left or entered, and every step at once. */
  onChange: (value: number) => void;
  minValue?: number;
  maxValue?: number;
  step?: number;
  /** Printed after the figure. */
  unit?: string;
  /** Width of the figure in characters. */
  digits?: number;
  labelHidden?: boolean;
  /** Where `label` is not text. */
  'aria-label'?: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  isDisabled?: boolean;
  id?: string;
  className?: string;
}

const LARGE_STEPS = 10;

/** Steppers, arrow keys (ten at a time with Shift or Page) and typing; numbers are read and printed in the user's locale. */
export function NumberField({
  label,
  value,
  onChange,
  minValue: min = Number.MIN_SAFE_INTEGER,
  maxValue: max = Number.MAX_SAFE_INTEGER,
  step = 1,
  unit,
  digits = 3,
  labelHidden,
  hint,
  error,
  isDisabled = false,
  id,
  className,
  ...naming
}: NumberFieldProps) {
  const { locale } = useLocale();
  const ownId = useId();
  const inputId = id ?? ownId;
  const bounds = { min, max, step };
  const printed = numberFormat(locale, { maximumFractionDigits: decimalsOf(step) }).format(value);
  const [typed, setTyped] = useState<string | null>(null);
  const name = naming['aria-label'] ?? (typeof label === 'string' ? label : '');

  function set(next: number): void {
    setTyped(null);
    if (next !== value) onChange(next);
  }
  /** What was typed counts; what is no number does not. */
  function typedValue(): number {
    const parsed = typed === null ? null : parseLocaleNumber(typed, locale);
    return parsed === null ? value : fitNumber(parsed, bounds);
  }
  function onKeyDown(event: KeyboardEvent): void {
    // Typed text counts before the form is sent, but Enter itself still sends it.
    if (event.key === 'Enter') set(typedValue());
    const steps = stepsOfKey(event);
    if (steps === 0) return;
    event.preventDefault();
    set(stepNumber(typedValue(), steps, bounds));
  }

  return (
    <div className={cx(FIELD_CLASSES, className)}>
      <label htmlFor={inputId} className={labelHidden ? 'sr-only' : LABEL_CLASSES}>
        {label}
      </label>
      <span
        className={cx(
          'inline-flex h-8 w-max overflow-hidden rounded-md border focus-within:border-focus focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-focus max-md:h-10',
          isDisabled ? 'border-line bg-fill text-faint' : error ? 'border-danger bg-page' : 'border-control bg-page',
        )}
      >
        <Stepper
          label={`Decrease ${name}`.trim()}
          isDisabled={isDisabled || value <= min}
          onStep={() => set(stepNumber(value, -1, bounds))}
          className="border-e border-line"
        >
          <Minus size={12} aria-hidden="true" />
        </Stepper>
        <span className="flex items-center gap-0.5 px-2">
          <input
            {...naming}
            id={inputId}
            type="text"
            inputMode={step < 1 ? 'decimal' : 'numeric'}
            role="spinbutton"
            aria-valuenow={value}
            aria-valuetext={unit ? `${printed} ${unit}` : printed}
            {...(min === Number.MIN_SAFE_INTEGER ? {} : { 'aria-valuemin': min })}
            {...(max === Number.MAX_SAFE_INTEGER ? {} : { 'aria-valuemax': max })}
            aria-invalid={error ? true : undefined}
            aria-describedby={hint || error ? `${inputId}-message` : undefined}
            autoComplete="off"
            disabled={isDisabled}
            value={typed ?? printed}
            onChange={(event) => setTyped(event.target.value)}
            onFocus={(event) => event.target.select()}
            onBlur={() => set(typedValue())}
            onKeyDown={onKeyDown}
            style={{ width: `${digits + 1}ch` }}
            className="bg-transparent text-end text-base font-medium outline-none max-md:text-lg"
          />
          {unit ? (
            <span className="text-xs text-faint" aria-hidden="true">
              {unit}
            </span>
          ) : null}
        </span>
        <Stepper
          label={`Increase ${name}`.trim()}
          isDisabled={isDisabled || value >= max}
          onStep={() => set(stepNumber(value, 1, bounds))}
          className="border-s border-line"
        >
          <Plus size={12} aria-hidden="true" />
        </Stepper>
      </span>
      <PlainFieldMessages id={`${inputId}-message`} hint={hint} error={error} />
    </div>
  );
}

/** How many steps a key makes; 0 for keys that are not ours. */
function stepsOfKey({ key, shiftKey }: KeyboardEvent): number {
  const arrow = shiftKey ? LARGE_STEPS : 1;
  const steps: Record<string, number> = {
    ArrowUp: arrow,
    ArrowDown: -arrow,
    PageUp: LARGE_STEPS,
    PageDown: -LARGE_STEPS,
  };
  return steps[key] ?? 0;
}

interface StepperProps {
  label: string;
  isDisabled: boolean;
  onStep: () => void;
  className: string;
  children: ReactNode;
}

const HOLD_DELAY_MS = 400;
const HOLD_EVERY_MS = 60;

/** A small button that repeats while it is held. Not in the tab order: arrows in the field do the same. */
function Stepper({ label, isDisabled, onStep, className, children }: StepperProps) {
  const latest = useRef(onStep);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const repeated = useRef(false);
  const release = () => clearTimeout(timer.current);
  useEffect(() => {
    latest.current = onStep;
  });
  useEffect(() => {
    // A button that is disabled while it is held hears nothing of the release.
    if (isDisabled) clearTimeout(timer.current);
    return () => clearTimeout(timer.current);
  }, [isDisabled]);

  function repeat(delayMs: number): void {
    timer.current = setTimeout(() => {
      repeated.current = true;
      latest.current();
      repeat(HOLD_EVERY_MS);
    }, delayMs);
  }
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      disabled={isDisabled}
      onPointerDown={() => {
        repeated.current = false;
        repeat(HOLD_DELAY_MS);
      }}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      // The click that ends a hold is not one more step.
      onClick={() => repeated.current || onStep()}
      className={cx(
        'grid w-6.5 shrink-0 place-items-center text-muted outline-none transition-colors hover:bg-raised hover:text-text disabled:bg-transparent disabled:text-faint max-md:w-10',
        className,
      )}
    >
      {children}
    </button>
  );
}
