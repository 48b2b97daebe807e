import NextLink from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClasses } from './button-classes.ts';
import { cx } from './class-names.ts';
import { KeyHint } from './key-hint.tsx';

type NextLinkProps = ComponentProps<typeof NextLink>;

const LOOKS = {
  /** Inside a sentence: underlined. */
  prose: 'prose-link',
  /** On its own: coloured, underlined when hovered. */
  plain: 'text-accent underline-offset-3 hover:underline',
  /** Name of an object in a table, list or heading. */
  object: 'font-medium text-text underline-offset-3 hover:text-accent hover:underline',
} as const;

export interface LinkProps extends NextLinkProps {
  look?: keyof typeof LOOKS;
}

export function Link({ look = 'plain', className, ...props }: LinkProps) {
  return <NextLink {...props} className={cx(LOOKS[look], className)} />;
}

export interface ButtonLinkProps extends NextLinkProps {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: ReactNode;
  keys?: readonly string[];
  fullWidth?: boolean;
}

/** Goes somewhere and looks like a button. */
export function ButtonLink({ variant, size, icon, keys, fullWidth, className, children, ...props }: ButtonLinkProps) {
  return (
    <NextLink {...props} className={cx(buttonClasses({ variant, size, fullWidth }), className)}>
      {icon}
      {children}
      {keys ? <KeyHint keys={keys} inherit /> : null}
    </NextLink>
  );
}
