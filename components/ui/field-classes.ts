/** Looks shared by every field. `outline-offset: -1px` lets the focus ring take the border's place. */
export const INPUT_CLASSES =
  'w-full rounded-md border border-control bg-page px-2.5 text-base transition-colors hover:border-muted ' +
  'focus:border-focus focus:outline-2 focus:-outline-offset-1 focus:outline-focus ' +
  'data-invalid:border-danger disabled:border-line disabled:bg-fill disabled:text-faint max-md:text-lg';

export const FIELD_CLASSES = 'grid min-w-0 content-start gap-1.5';
export const LABEL_CLASSES = 'text-sm font-medium';
export const HINT_CLASSES = 'text-xs text-muted';

export const POPOVER_CLASSES = 'z-40 overflow-auto rounded-lg bg-overlay p-1 shadow-pop outline-none';
export const OPTION_CLASSES =
  'flex min-h-7.5 cursor-pointer items-center gap-2 rounded-sm px-2.5 py-1 text-sm outline-none ' +
  'data-focused:bg-accent-wash data-selected:bg-accent-wash data-disabled:cursor-not-allowed data-disabled:text-faint';
export const OPTION_GROUP_CLASSES = 'flex min-h-6 items-center px-2.5 text-2xs text-faint';
