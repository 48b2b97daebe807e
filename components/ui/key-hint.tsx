import { cx } from './class-names.ts';

export interface KeyHintProps {
  keys: readonly string[];
  /** Takes the colour of the button it sits in. */
  inherit?: boolean;
  /** Shown on small screens too. */
  always?: boolean;
}

/** Keys as they are printed on the keyboard. Decorative: what they do is said by the control beside them. */
export function KeyHint({ keys, inherit = false, always = false }: KeyHintProps) {
  return (
    <span className={cx('inline-flex gap-0.5', inherit && '-me-1', !always && 'max-md:hidden')} aria-hidden="true">
      {keys.map((key) => (
        <kbd
          key={key}
          className={cx(
            'inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-sm border px-1 font-sans text-2xs leading-none font-medium',
            inherit ? 'border-current/35 bg-transparent' : 'border-line-strong bg-page text-muted',
          )}
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
