import { cx } from './class-names.ts';

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger' | 'danger-fill';
export type ButtonSize = 'xs' | 'sm' | 'md' | 'lg';

const VARIANTS: Record<ButtonVariant, string> = {
  primary:
    'border-accent-fill bg-accent-fill text-on-accent hover:border-accent-fill-hover hover:bg-accent-fill-hover active:bg-accent-fill-press',
  secondary:
    'border-line-strong bg-page text-text hover:border-control hover:bg-raised active:bg-fill [&>svg]:text-muted',
  quiet: 'border-transparent text-muted not-disabled:hover:bg-fill not-disabled:hover:text-text disabled:text-faint',
  danger: 'border-line-strong bg-page text-danger hover:border-control hover:bg-raised active:bg-fill',
  'danger-fill':
    'border-danger-fill bg-danger-fill text-on-danger hover:border-danger-fill-hover hover:bg-danger-fill-hover',
};

const SIZES: Record<ButtonSize, string> = {
  xs: 'h-6 px-2 text-xs rounded-sm',
  sm: 'h-7 px-2.5 text-xs rounded-md max-md:min-h-9',
  md: 'h-8 px-3 text-sm rounded-md max-md:min-h-9',
  lg: 'h-10 px-4 text-base rounded-md',
};

const ICON_SIZES: Record<ButtonSize, string> = {
  xs: 'size-6 rounded-sm',
  sm: 'size-7 rounded-md max-md:size-9',
  md: 'size-8 rounded-md max-md:size-9',
  lg: 'size-10 rounded-md',
};

const BASE =
  'inline-flex shrink-0 items-center justify-center gap-1.5 border font-medium leading-none whitespace-nowrap select-none transition-colors ' +
  'disabled:cursor-not-allowed disabled:border-transparent data-pending:cursor-progress';

/** Looks of a button, shared by buttons and by links that look like one. */
export function buttonClasses(options: {
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
  iconOnly?: boolean | undefined;
  fullWidth?: boolean | undefined;
}): string {
  const { variant = 'secondary', size = 'md', iconOnly, fullWidth } = options;
  // A quiet one has no body, so it gets none by being disabled.
  const disabled = variant === 'quiet' ? '' : 'disabled:bg-fill disabled:text-muted';
  return cx(BASE, VARIANTS[variant], disabled, iconOnly ? ICON_SIZES[size] : SIZES[size], fullWidth && 'w-full');
}
