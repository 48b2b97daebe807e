import { cx } from './class-names.ts';

/** A key as it is printed on the keyboard. `inherit` takes the colour of the button it sits in. Hidden where there is no keyboard. */
export function KeyHint({ keys, inherit = false }: { keys: readonly string[]; inherit?: boolean }) {
  return (
    <span className="inline-flex gap-0.5 max-md:hidden" aria-hidden="true">
      {keys.map((key) => (
        <kbd
          key={key}
          className={cx(
            'inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-sm border px-1 font-sans text-2xs leading-none font-medium',
            inherit ? '-me-1 border-current/35 bg-transparent' : 'border-line-strong bg-page text-muted',
          )}
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
