'use client';

import { Minus, Plus } from 'lucide-react';
import { Button } from 'react-aria-components/Button';
import { Group } from 'react-aria-components/Group';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
} from 'react-aria-components/NumberField';
import { cx } from './class-names.ts';
import { FIELD_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import { FieldMessages, type FieldTexts, invalidProps } from './field-parts.tsx';

export interface NumberFieldProps extends Omit<AriaNumberFieldProps, 'className' | 'style' | 'children'>, FieldTexts {
  /** Printed after the figure. */
  unit?: string;
  /** Width of the figure in characters. */
  digits?: number;
  labelHidden?: boolean;
  className?: string;
}

const STEPPER =
  'grid w-6.5 shrink-0 place-items-center text-muted outline-none transition-colors hover:bg-raised hover:text-text disabled:text-faint max-md:w-10';

/** Steppers, arrow keys and typing; numbers are read and printed in the user's locale. */
export function NumberField({
  label,
  hint,
  error,
  unit,
  digits = 3,
  labelHidden,
  className,
  ...props
}: NumberFieldProps) {
  return (
    <AriaNumberField {...props} {...invalidProps(error, props.isInvalid)} className={cx(FIELD_CLASSES, className)}>
      <Label className={labelHidden ? 'sr-only' : LABEL_CLASSES}>{label}</Label>
      <Group className="inline-flex h-8 w-max overflow-hidden rounded-md border border-control bg-page focus-within:border-focus focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-focus data-invalid:border-danger data-disabled:border-line data-disabled:bg-fill data-disabled:text-faint max-md:h-10">
        <Button slot="decrement" className={cx(STEPPER, 'border-e border-line')}>
          <Minus size={12} aria-hidden="true" />
        </Button>
        <span className="flex items-center gap-0.5 px-2">
          <Input
            style={{ width: `${digits + 1}ch` }}
            className="bg-transparent text-end text-base font-medium outline-none max-md:text-lg"
          />
          {unit ? <span className="text-xs text-faint">{unit}</span> : null}
        </span>
        <Button slot="increment" className={cx(STEPPER, 'border-s border-line')}>
          <Plus size={12} aria-hidden="true" />
        </Button>
      </Group>
      <FieldMessages hint={hint} error={error} />
    </AriaNumberField>
  );
}
