'use client';

import type { ReactNode, Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { type ButtonSize, type ButtonVariant, buttonClasses } from './button-classes.ts';
import { cx } from './class-names.ts';
import { KeyHint } from './key-hint.tsx';
import { Spinner } from './spinner.tsx';

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children' | 'isPending'> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: ReactNode;
  /** Keeps focus and width, refuses presses and shows a spinner in place of the icon. */
  busy?: boolean;
  /** Shortcut shown inside the button; the caller binds it. */
  keys?: readonly string[];
  fullWidth?: boolean;
  className?: string | undefined;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** The label is verb and object: "Apply split", "Delete green". */
export function Button({
  variant,
  size,
  icon,
  busy = false,
  keys,
  fullWidth,
  className,
  children,
  ...props
}: ButtonProps) {
  return (
    <AriaButton {...props} isPending={busy} className={cx(buttonClasses({ variant, size, fullWidth }), className)}>
      {busy ? <Spinner size={14} /> : icon}
      {children}
      {keys ? <KeyHint keys={keys} inherit /> : null}
    </AriaButton>
  );
}
