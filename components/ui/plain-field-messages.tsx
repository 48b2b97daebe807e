import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { HINT_CLASSES } from './field-classes.ts';

export interface PlainFieldMessagesProps {
  /** What the field's `aria-describedby` names. */
  id: string;
  hint?: ReactNode;
  error?: string | null | undefined;
}

/** Hint or error below a field that is made of native elements; the error takes the hint's place. */
export function PlainFieldMessages({ id, hint, error }: PlainFieldMessagesProps) {
  if (error) {
    return (
      <span id={id} className="flex gap-1.5 text-xs text-danger">
        <CircleAlert size={14} className="mt-px" aria-hidden="true" />
        <span>{error}</span>
      </span>
    );
  }
  return hint ? (
    <span id={id} className={HINT_CLASSES}>
      {hint}
    </span>
  ) : null;
}
