'use client';

import { Search, X } from 'lucide-react';
import { useRef } from 'react';
import { cx } from './class-names.ts';
import { INPUT_CLASSES } from './field-classes.ts';
import { KeyHint } from './key-hint.tsx';

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  placeholder?: string;
  /** Shown while empty; the shell binds `/` to the first search field of a page. */
  keys?: readonly string[];
  className?: string;
}

/** Filters what is on the page. Escape empties it, then leaves it. */
export function SearchField({ label, value, onChange, placeholder = 'Filter', keys, className }: SearchFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <search className={cx('relative flex items-center', className)}>
      <Search size={16} className="pointer-events-none absolute start-2.5 text-faint" aria-hidden="true" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        autoComplete="off"
        data-filter-field
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
        className={cx(INPUT_CLASSES, 'h-8 ps-8 pe-8 text-sm max-md:h-9 [&::-webkit-search-cancel-button]:hidden')}
      />
      <span className="absolute end-1.5 flex items-center">
        {value === '' ? (
          keys && <KeyHint keys={keys} />
        ) : (
          <button
            type="button"
            aria-label="Clear"
            onClick={() => {
              onChange('');
              input.current?.focus();
            }}
            className="grid size-6 place-items-center rounded-sm text-muted hover:bg-fill hover:text-text"
          >
            <X size={14} aria-hidden="true" />
          </button>
        )}
      </span>
    </search>
  );
}
