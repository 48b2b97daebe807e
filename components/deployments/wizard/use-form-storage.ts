'use client';

import { useEffect, useRef, useState } from 'react';
import { MASKED_VALUE } from '#lib/contracts/external-rules.ts';
import type { WizardForm } from './wizard-form.ts';

/** Changes of the form's shape make older drafts unreadable; they are then dropped. */
const VERSION = 6;

function storageKey(scope: string): string {
  return `viridian.deployment-draft.${VERSION}.${scope}`;
}

function load(scope: string): WizardForm | null {
  const text = sessionStorage.getItem(storageKey(scope));
  if (text === null) return null;
  try {
    return JSON.parse(text) as WizardForm;
  } catch {
    // Not ours, or cut off: a fresh form is better than none.
    return null;
  }
}

/** Values of headers are secrets, and the storage is not the place for them: after a reload they are typed again. */
function withoutValues(form: WizardForm): WizardForm {
  const headers = form.external.headers.map(({ name, value }) => ({
    name,
    value: value === MASKED_VALUE ? value : '',
  }));
  return { ...form, external: { ...form.external, headers } };
}

export interface FormStorage {
  /** Null until the browser has been asked. */
  form: WizardForm | null;
  change: (changes: Partial<WizardForm>) => void;
  /** When the form was last put aside; null before the first change. */
  savedAt: number | null;
  clear: () => void;
}

/**
 * The form, kept in the session's storage with every change, so that a reload loses nothing.
 * @param begin makes the form from what was kept, or from nothing; called once, in the browser
 */
export function useFormStorage(scope: string, begin: (kept: WizardForm | null) => WizardForm): FormStorage {
  const [form, setForm] = useState<WizardForm | null>(null);
  const [savedAt, setSavedAt] = useState<number | null>(null);
  const isChanged = useRef(false);
  const beginRef = useRef(begin);

  useEffect(() => setForm(beginRef.current(load(scope))), [scope]);
  useEffect(() => {
    if (form === null || !isChanged.current) return;
    sessionStorage.setItem(storageKey(scope), JSON.stringify(withoutValues(form)));
    setSavedAt(Date.now());
  }, [form, scope]);

  return {
    form,
    savedAt,
    change: (changes) => {
      isChanged.current = true;
      setForm((current) => current && { ...current, ...changes });
    },
    clear: () => {
      isChanged.current = false;
      sessionStorage.removeItem(storageKey(scope));
    },
  };
}
