'use client';

import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import type { FieldTexts } from './field-parts.tsx';
import { PlainFieldMessages } from './plain-field-messages.tsx';

export interface RadioOption {
  id: string;
  label: ReactNode;
  description?: ReactNode;
  icon?: ReactNode;
  isDisabled?: boolean;
}

export interface RadioFrameProps extends FieldTexts {
  value: string | null;
  onChange: (id: string) => void;
  labelHidden?: boolean;
  className?: string;
  /** Draws the options: each a label, placed relatively, around the input that it asks for. */
  children: (input: (id: string, isDisabled?: boolean) => ReactNode) => ReactNode;
}

/** A choice of one, made of the browser's own radio buttons: the arrow keys and every screen reader know them. */
export function RadioFrame({ label, hint, error, labelHidden, value, onChange, className, children }: RadioFrameProps) {
  const id = useId();
  return (
    <div
      role="radiogroup"
      aria-labelledby={`${id}-label`}
      aria-describedby={hint || error ? `${id}-messages` : undefined}
      aria-invalid={error ? true : undefined}
      className={cx(FIELD_CLASSES, className)}
    >
      <span id={`${id}-label`} className={labelHidden ? 'sr-only' : LABEL_CLASSES}>
        {label}
      </span>
      {children((option, isDisabled = false) => (
        <input
          type="radio"
          name={id}
          value={option}
          checked={value === option}
          disabled={isDisabled}
          onChange={() => onChange(option)}
          className="absolute inset-0 cursor-pointer appearance-none outline-none disabled:cursor-not-allowed"
        />
      ))}
      <PlainFieldMessages id={`${id}-messages`} hint={hint} error={error} />
    </div>
  );
}

export interface RadioGroupProps extends Omit<RadioFrameProps, 'children'> {
  options: readonly RadioOption[];
}

const DOT =
  'grid size-4 shrink-0 place-items-center rounded-full border border-control bg-page group-has-checked:border-accent-fill group-has-checked:bg-accent-fill ' +
  "after:size-1.5 after:rounded-full after:bg-on-accent after:opacity-0 after:content-[''] group-has-checked:after:opacity-100";

export function RadioGroup({ options, ...props }: RadioGroupProps) {
  return (
    <RadioFrame {...props}>
      {(input) =>
        options.map(({ id, label, description, isDisabled }) => (
          <label
            key={id}
            className="group relative flex min-h-6 cursor-pointer items-center gap-2 has-disabled:cursor-not-allowed has-disabled:text-faint has-focus-visible:outline-2"
          >
            {input(id, isDisabled)}
            <span className={cx(DOT, 'm-1')} />
            <span>
              {label} {description ? <span className="ms-2 text-xs text-muted">{description}</span> : null}
            </span>
          </label>
        ))
      }
    </RadioFrame>
  );
}

/** A choice whose options need a sentence each. */
export function RadioCards({ options, ...props }: RadioGroupProps) {
  return (
    <RadioFrame {...props}>
      {(input) => (
        <div className="grid gap-3 md:grid-cols-2">
          {options.map(({ id, label, description, icon, isDisabled }) => (
            <label
              key={id}
              className="group relative flex cursor-pointer items-start gap-3 rounded-lg border border-line-strong bg-page p-4 transition-colors hover:border-control has-checked:border-accent has-checked:bg-accent-wash has-disabled:cursor-not-allowed has-disabled:border-line has-disabled:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus"
            >
              {input(id, isDisabled)}
              <span className={cx(DOT, 'mt-0.5')} />
              <span className="grid min-w-0 flex-1 gap-1">
                <span className="flex items-center gap-2 font-medium group-has-disabled:text-muted">
                  {icon}
                  <span className="min-w-0">{label}</span>
                </span>
                {description ? <span className="text-xs text-muted">{description}</span> : null}
              </span>
            </label>
          ))}
        </div>
      )}
    </RadioFrame>
  );
}
