'use client';

import { Check, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { ComboBox as AriaComboBox } from 'react-aria-components/ComboBox';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, INPUT_CLASSES, LABEL_CLASSES, OPTION_CLASSES, POPOVER_CLASSES } from './field-classes.ts';
import { FieldMessages, type FieldTexts, invalidProps } from './field-parts.tsx';

export interface ComboBoxOption {
  id: string;
  label: string;
  /** At the end of the row: a price, a version. */
  detail?: ReactNode;
}

export interface ComboBoxProps extends FieldTexts {
  options: readonly ComboBoxOption[];
  inputValue: string;
  onInputChange: (text: string) => void;
  /** An option was chosen; null when the text matches none. */
  onSelect: (id: string | null) => void;
  selected?: string | null;
  placeholder?: string;
  /** Free text stands even where no option matches. */
  allowsCustomValue?: boolean;
  isRequired?: boolean;
  isDisabled?: boolean;
  className?: string;
}

/** Type to filter, or name something new. */
export function ComboBox({
  label,
  hint,
  error,
  options,
  inputValue,
  onInputChange,
  onSelect,
  selected = null,
  placeholder = '',
  className,
  ...props
}: ComboBoxProps) {
  return (
    <AriaComboBox
      {...props}
      defaultItems={options}
      inputValue={inputValue}
      onInputChange={onInputChange}
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(key === null ? null : String(key))}
      {...invalidProps(error)}
      menuTrigger="focus"
      className={cx(FIELD_CLASSES, className)}
    >
      <Label className={LABEL_CLASSES}>{label}</Label>
      <span className="relative flex items-center">
        <Input placeholder={placeholder} className={cx(INPUT_CLASSES, 'h-8 pe-8 max-md:h-10')} />
        <Button className="absolute end-1 grid size-6 place-items-center rounded-sm text-faint hover:text-text">
          <ChevronsUpDown size={14} aria-hidden="true" />
        </Button>
      </span>
      <FieldMessages hint={hint} error={error} />
      <Popover offset={4} className={cx(POPOVER_CLASSES, 'w-(--trigger-width)')}>
        <ListBox<ComboBoxOption> className="outline-none">{(option) => <OptionRow option={option} />}</ListBox>
      </Popover>
    </AriaComboBox>
  );
}

function OptionRow({ option: { id, label, detail } }: { option: ComboBoxOption }) {
  return (
    <ListBoxItem id={id} textValue={label} className={OPTION_CLASSES}>
      {({ isSelected }) => (
        <>
          <span className="min-w-0 truncate">{label}</span>
          <span className="ms-auto flex items-center gap-2 ps-4 text-xs text-faint">
            {detail}
            <Check size={14} className={cx('text-accent', !isSelected && 'invisible')} aria-hidden="true" />
          </span>
        </>
      )}
    </ListBoxItem>
  );
}
