'use client';

import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Text } from 'react-aria-components/Text';
import { HINT_CLASSES } from './field-classes.ts';

/** What every labelled field takes. `error` makes the field invalid and is read out with it. */
export interface FieldTexts {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null | undefined;
}

/**
 * Validity of a field. An error that the caller found must not become the browser's own: that would keep the form from being sent again until
 * the caller takes the error back, which it only does by sending.
 */
export function invalidProps(error: string | null | undefined, isInvalid = false) {
  return {
    // Said to be valid, a field would keep what the browser finds, such as that it is required and empty, to itself.
    ...((Boolean(error) || isInvalid) && { isInvalid: true }),
    validationBehavior: error ? ('aria' as const) : ('native' as const),
  };
}

/** Hint and error below a field; the error takes the hint's place. */
export function FieldMessages({ hint, error }: { hint?: ReactNode; error?: string | null | undefined }) {
  return (
    <>
      {hint && !error ? (
        <Text slot="description" className={HINT_CLASSES}>
          {hint}
        </Text>
      ) : null}
      <FieldError className="flex gap-1.5 text-xs text-danger">
        {({ validationErrors }) => (
          <>
            <CircleAlert size={14} className="mt-px" aria-hidden="true" />
            <span>{error ?? validationErrors.join(' ')}</span>
          </>
        )}
      </FieldError>
    </>
  );
}
