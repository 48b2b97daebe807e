'use client';

import { Check, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, LABEL_CLASSES, OPTION_CLASSES, POPOVER_CLASSES } from './field-classes.ts';
import { FieldMessages, type FieldTexts, invalidProps } from './field-parts.tsx';

export interface SelectOption {
  id: string;
  label: ReactNode;
  /** Text for typing ahead where `label` is not a string. */
  text?: string;
  /** At the end of the row: a price, a version. */
  detail?: ReactNode;
  isDisabled?: boolean;
}

export interface SelectProps extends FieldTexts {
  options: readonly SelectOption[];
  value: string | null;
  onChange: (id: string) => void;
  placeholder?: string;
  name?: string;
  isDisabled?: boolean;
  isRequired?: boolean;
  /** `toolbar` is the soft, small look between buttons. */
  look?: 'field' | 'toolbar';
  labelHidden?: boolean;
  icon?: ReactNode;
  className?: string;
}

const LOOKS = {
  field: 'h-8 w-full text-base border-control hover:border-muted max-md:h-10',
  toolbar: 'h-7 text-xs font-medium border-line-strong hover:border-control hover:bg-raised max-md:h-9',
};

export function Select({
  label,
  hint,
  error,
  options,
  value,
  onChange,
  look = 'field',
  labelHidden,
  icon,
  className,
  ...props
}: SelectProps) {
  return (
    <AriaSelect
      {...props}
      value={value}
      onChange={(key) => key !== null && onChange(String(key))}
      {...invalidProps(error)}
      className={cx(FIELD_CLASSES, className)}
    >
      <Label className={labelHidden ? 'sr-only' : LABEL_CLASSES}>{label}</Label>
      <Button
        className={cx(
          'inline-flex items-center gap-2 rounded-md border bg-page ps-2.5 pe-2 text-start transition-colors disabled:border-line disabled:bg-fill disabled:text-faint',
          LOOKS[look],
        )}
      >
        {icon}
        <SelectValue className="min-w-0 flex-1 truncate data-placeholder:text-faint [&_[data-part=detail]]:hidden" />
        <ChevronsUpDown size={14} className="text-faint" aria-hidden="true" />
      </Button>
      <FieldMessages hint={hint} error={error} />
      <Popover offset={4} className={cx(POPOVER_CLASSES, 'min-w-(--trigger-width)')}>
        <ListBox className="outline-none" items={options}>
          {(option) => <SelectRow option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export function SelectRow({ option }: { option: SelectOption }) {
  return (
    <ListBoxItem
      id={option.id}
      textValue={option.text ?? (typeof option.label === 'string' ? option.label : option.id)}
      isDisabled={option.isDisabled ?? false}
      className={OPTION_CLASSES}
    >
      {({ isSelected }) => (
        <>
          <span className="min-w-0 truncate">{option.label}</span>
          <span data-part="detail" className="ms-auto flex items-center gap-2 ps-4 text-xs text-faint">
            {option.detail}
            <Check size={14} className={cx('text-accent', !isSelected && 'invisible')} aria-hidden="true" />
          </span>
        </>
      )}
    </ListBoxItem>
  );
}
