'use client';

import type { HTMLInputTypeAttribute, ReactNode } from 'react';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { TextArea } from 'react-aria-components/TextArea';
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from 'react-aria-components/TextField';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, INPUT_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import { FieldMessages, type FieldTexts, invalidProps } from './field-parts.tsx';

export interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'>, FieldTexts {
  type?: HTMLInputTypeAttribute;
  placeholder?: string;
  /** Several lines. */
  rows?: number;
  /** For identifiers, code and URLs. */
  mono?: boolean;
  size?: 'md' | 'lg';
  /** Sits at the end inside the field: a unit or a small button. */
  suffix?: ReactNode;
  /** Beside the label, at the end of its line. */
  labelAction?: ReactNode;
  className?: string;
}

export function TextField({
  label,
  hint,
  error,
  rows,
  mono,
  size = 'md',
  suffix,
  labelAction,
  placeholder = '',
  className,
  ...props
}: TextFieldProps) {
  const look = cx(INPUT_CLASSES, mono && 'font-mono text-sm');
  return (
    <AriaTextField {...props} {...invalidProps(error, props.isInvalid)} className={cx(FIELD_CLASSES, className)}>
      <span className="flex items-baseline justify-between gap-2">
        <Label className={LABEL_CLASSES}>{label}</Label>
        {labelAction}
      </span>
      {rows ? (
        <TextArea rows={rows} placeholder={placeholder} className={cx(look, 'py-2')} />
      ) : (
        <span className="relative flex items-center">
          <Input
            placeholder={placeholder}
            className={cx(look, size === 'lg' ? 'h-10' : 'h-8 max-md:h-10', suffix ? 'pe-9' : '')}
          />
          {suffix ? (
            <span className="absolute end-1.5 flex items-center gap-1 text-xs text-faint">{suffix}</span>
          ) : null}
        </span>
      )}
      <FieldMessages hint={hint} error={error} />
    </AriaTextField>
  );
}
