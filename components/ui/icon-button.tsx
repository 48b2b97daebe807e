'use client';

import type { ReactNode, Ref } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { type ButtonSize, type ButtonVariant, buttonClasses } from './button-classes.ts';
import { cx } from './class-names.ts';
import { Spinner } from './spinner.tsx';
import { Tooltip } from './tooltip.tsx';

export interface IconButtonProps extends Omit<
  AriaButtonProps,
  'className' | 'style' | 'children' | 'aria-label' | 'isPending'
> {
  /** Accessible name, shown as a tooltip too. */
  label: string;
  icon: ReactNode;
  variant?: ButtonVariant;
  size?: ButtonSize;
  busy?: boolean;
  /** Off where a menu or popover opens on press and would cover it. */
  tooltip?: boolean;
  className?: string | undefined;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  label,
  icon,
  variant = 'quiet',
  size = 'md',
  busy = false,
  tooltip = true,
  className,
  ...props
}: IconButtonProps) {
  const button = (
    <AriaButton
      {...props}
      isPending={busy}
      aria-label={label}
      className={cx(buttonClasses({ variant, size, iconOnly: true }), className)}
    >
      {busy ? <Spinner size={14} /> : icon}
    </AriaButton>
  );
  return tooltip ? <Tooltip text={label}>{button}</Tooltip> : button;
}
