'use client';

import { ChevronsUpDown } from 'lucide-react';
import { useId } from 'react';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import type { FieldTexts } from './field-parts.tsx';
import { PlainFieldMessages } from './plain-field-messages.tsx';

export interface SelectOption {
  id: string;
  label: string;
  /** After the label: a price, a size, a state. */
  detail?: string | undefined;
  isDisabled?: boolean;
}

export interface SelectProps extends FieldTexts {
  options: readonly SelectOption[];
  /** Null shows the placeholder. */
  value: string | null;
  onChange: (id: string) => void;
  placeholder?: string;
  /** `toolbar` is the soft, small look between buttons. */
  look?: 'field' | 'toolbar';
  labelHidden?: boolean;
  isDisabled?: boolean;
  id?: string;
  className?: string;
}

const LOOKS = {
  field: 'h-8 text-base border-control hover:border-muted max-md:h-10 max-md:text-lg',
  toolbar: 'h-7 text-xs font-medium border-line-strong hover:border-control hover:bg-raised max-md:h-9',
};

/** The browser's own list: known to every screen reader and phone, and no code of ours. */
export function Select({
  label,
  hint,
  error,
  options,
  value,
  onChange,
  placeholder = '',
  look = 'field',
  labelHidden,
  isDisabled,
  id,
  className,
}: SelectProps) {
  const ownId = useId();
  const fieldId = id ?? ownId;
  const messagesId = `${fieldId}-messages`;
  return (
    <div className={cx(FIELD_CLASSES, className)}>
      <label htmlFor={fieldId} className={labelHidden ? 'sr-only' : LABEL_CLASSES}>
        {label}
      </label>
      <span className="relative flex items-center">
        <select
          id={fieldId}
          value={value ?? ''}
          onChange={(event) => onChange(event.target.value)}
          disabled={isDisabled}
          aria-invalid={error ? true : undefined}
          aria-describedby={hint || error ? messagesId : undefined}
          className={cx(
            'w-full min-w-0 cursor-pointer appearance-none truncate rounded-md border bg-page ps-2.5 pe-7 text-start transition-colors aria-invalid:border-danger disabled:cursor-not-allowed disabled:border-line disabled:bg-fill disabled:text-faint',
            LOOKS[look],
          )}
        >
          {value === null ? (
            <option value="" disabled hidden>
              {placeholder}
            </option>
          ) : null}
          {options.map((option) => (
            <option key={option.id} value={option.id} disabled={option.isDisabled}>
              {option.detail ? `${option.label} · ${option.detail}` : option.label}
            </option>
          ))}
        </select>
        <ChevronsUpDown size={14} className="pointer-events-none absolute end-2 text-faint" aria-hidden="true" />
      </span>
      <PlainFieldMessages id={messagesId} hint={hint} error={error} />
    </div>
  );
}
