'use client';

import type { ReactNode } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClasses } from './button-classes.ts';
import { Pressable, type PressableProps } from './button.tsx';
import { cx } from './class-names.ts';
import { Spinner } from './spinner.tsx';
import { Tooltip } from './tooltip.tsx';

export interface IconButtonProps extends Omit<PressableProps, 'aria-label' | 'children'> {
  /** Accessible name, shown as a tooltip too. */
  label: string;
  icon: ReactNode;
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** Off where a menu or popover opens on press and would cover it. */
  tooltip?: boolean;
}

export function IconButton({
  label,
  icon,
  variant = 'quiet',
  size = 'md',
  tooltip = true,
  className,
  ...props
}: IconButtonProps) {
  const button = (
    <Pressable
      {...props}
      aria-label={label}
      className={cx(buttonClasses({ variant, size, iconOnly: true }), className)}
    >
      {props.busy ? <Spinner size={14} /> : icon}
    </Pressable>
  );
  return tooltip ? (
    <Tooltip text={label} describes={false}>
      {button}
    </Tooltip>
  ) : (
    button
  );
}
