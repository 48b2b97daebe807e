'use client';

import type { ComponentProps, ReactNode } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClasses } from './button-classes.ts';
import { cx } from './class-names.ts';
import { KeyHint } from './key-hint.tsx';
import { Spinner } from './spinner.tsx';

type NativeButtonProps = Omit<ComponentProps<'button'>, 'onClick' | 'disabled'>;

export interface PressableProps extends NativeButtonProps {
  onPress?: (() => void) | undefined;
  isDisabled?: boolean | undefined;
  /** Keeps focus and width, refuses presses and shows a spinner in place of the icon. */
  busy?: boolean | undefined;
}

export interface ButtonProps extends PressableProps {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: ReactNode;
  /** Shortcut shown inside the button; the caller binds it. */
  keys?: readonly string[];
  fullWidth?: boolean;
  children: ReactNode;
}

/** The label is verb and object: "Apply split", "Delete green". */
export function Button({ variant, size, icon, keys, fullWidth, className, children, ...props }: ButtonProps) {
  return (
    <Pressable {...props} className={cx(buttonClasses({ variant, size, fullWidth }), className)}>
      {props.busy ? <Spinner size={14} /> : icon}
      {children}
      {keys ? <KeyHint keys={keys} inherit /> : null}
    </Pressable>
  );
}

/**
 * A native button, which does all that is needed. React Aria's press handling weighs 13 KB gzip and is left to the components that stand
 * on it. Busy, it stays focusable but neither presses nor submits.
 */
export function Pressable({ onPress, isDisabled, busy = false, type = 'button', ...props }: PressableProps) {
  return (
    <button
      {...props}
      // A submit button that is busy must not submit again.
      type={busy ? 'button' : type}
      disabled={isDisabled && !busy}
      {...(busy ? { 'aria-disabled': true, 'aria-busy': true, 'data-pending': true } : {})}
      onClick={busy ? undefined : onPress && (() => onPress())}
    />
  );
}
