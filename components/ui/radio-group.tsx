'use client';

import type { ReactNode } from 'react';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup as AriaRadioGroup } from 'react-aria-components/RadioGroup';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import { FieldMessages, type FieldTexts, invalidProps } from './field-parts.tsx';

export interface RadioOption {
  id: string;
  label: ReactNode;
  description?: ReactNode;
  icon?: ReactNode;
  /** At the end of a card: a price. */
  detail?: ReactNode;
  isDisabled?: boolean;
}

export interface RadioGroupProps extends FieldTexts {
  options: readonly RadioOption[];
  value: string | null;
  onChange: (id: string) => void;
  name?: string;
  labelHidden?: boolean;
  isDisabled?: boolean;
  className?: string;
}

const DOT =
  'grid size-4 shrink-0 place-items-center rounded-full border border-control bg-page group-data-selected:border-accent-fill group-data-selected:bg-accent-fill ' +
  "after:size-1.5 after:rounded-full after:bg-on-accent after:opacity-0 after:content-[''] group-data-selected:after:opacity-100";

function RadioFrame({
  label,
  hint,
  error,
  labelHidden,
  value,
  onChange,
  className,
  children,
  ...props
}: Omit<RadioGroupProps, 'options'> & { children: ReactNode }) {
  return (
    <AriaRadioGroup
      {...props}
      value={value}
      onChange={onChange}
      {...invalidProps(error)}
      className={cx(FIELD_CLASSES, className)}
    >
      <Label className={labelHidden ? 'sr-only' : LABEL_CLASSES}>{label}</Label>
      {children}
      <FieldMessages hint={hint} error={error} />
    </AriaRadioGroup>
  );
}

export function RadioGroup({ options, ...props }: RadioGroupProps) {
  return (
    <RadioFrame {...props}>
      {options.map((option) => (
        <Radio
          key={option.id}
          value={option.id}
          isDisabled={option.isDisabled ?? false}
          className="group flex min-h-6 cursor-pointer items-center gap-2 data-disabled:cursor-not-allowed data-disabled:text-faint data-focus-visible:outline-2"
        >
          <span className={cx(DOT, 'm-1')} />
          <span>
            {option.label}{' '}
            {option.description ? <span className="ms-2 text-xs text-muted">{option.description}</span> : null}
          </span>
        </Radio>
      ))}
    </RadioFrame>
  );
}

/** A choice whose options need a sentence each. `columns` applies from 768 px up. */
export function RadioCards({ options, columns = 3, ...props }: RadioGroupProps & { columns?: 1 | 2 | 3 }) {
  const grid = { 1: '', 2: 'md:grid-cols-2', 3: 'md:grid-cols-3' }[columns];
  return (
    <RadioFrame {...props}>
      <div className={cx('grid gap-3', grid)}>
        {options.map((option) => (
          <Radio
            key={option.id}
            value={option.id}
            isDisabled={option.isDisabled ?? false}
            className="group flex cursor-pointer items-start gap-3 rounded-lg border border-line-strong bg-page p-4 transition-colors data-disabled:cursor-not-allowed data-disabled:border-line data-disabled:bg-raised data-focus-visible:outline-2 data-focus-visible:outline-offset-2 data-focus-visible:outline-focus data-hovered:border-control data-selected:border-accent data-selected:bg-accent-wash"
          >
            <span className={cx(DOT, 'mt-0.5')} />
            <span className="grid min-w-0 flex-1 gap-1">
              <span className="flex items-center gap-2 font-medium group-data-disabled:text-muted">
                {option.icon}
                <span className="min-w-0">{option.label}</span>
                {option.detail ? <span className="ms-auto font-normal text-muted">{option.detail}</span> : null}
              </span>
              {option.description ? <span className="text-xs text-muted">{option.description}</span> : null}
            </span>
          </Radio>
        ))}
      </div>
    </RadioFrame>
  );
}
