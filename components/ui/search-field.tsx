'use client';

import { Search, X } from 'lucide-react';
import type { Ref } from 'react';
import { Button } from 'react-aria-components/Button';
import { Input } from 'react-aria-components/Input';
import { SearchField as AriaSearchField } from 'react-aria-components/SearchField';
import { cx } from './class-names.ts';
import { INPUT_CLASSES } from './field-classes.ts';
import { KeyHint } from './key-hint.tsx';

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  placeholder?: string;
  /** Shown while empty; the caller binds it. */
  keys?: readonly string[];
  inputRef?: Ref<HTMLInputElement>;
  className?: string;
}

export function SearchField({
  label,
  value,
  onChange,
  placeholder = 'Filter',
  keys,
  inputRef,
  className,
}: SearchFieldProps) {
  return (
    <AriaSearchField
      aria-label={label}
      value={value}
      onChange={onChange}
      className={cx('relative flex items-center', className)}
    >
      <Search size={16} className="pointer-events-none absolute start-2.5 text-faint" aria-hidden="true" />
      <Input
        {...(inputRef ? { ref: inputRef } : {})}
        placeholder={placeholder}
        data-filter-field
        className={cx(INPUT_CLASSES, 'h-8 ps-8 pe-8 text-sm max-md:h-9 [&::-webkit-search-cancel-button]:hidden')}
      />
      <span className="absolute end-1.5 flex items-center">
        {value === '' ? (
          keys && <KeyHint keys={keys} />
        ) : (
          <Button
            className="grid size-6 place-items-center rounded-sm text-muted hover:bg-fill hover:text-text"
            aria-label="Clear"
          >
            <X size={14} aria-hidden="true" />
          </Button>
        )}
      </span>
    </AriaSearchField>
  );
}
