'use client';

import { useState } from 'react';
import { parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { PageHead } from '#components/ui/panel.tsx';
import { newDraft } from './register-draft.ts';
import { RegisterForm } from './register-form.tsx';
import { Registration } from './registration.tsx';

/** A form, and once it was sent the way of the files: both live at one address, so that a reload shows what goes on. */
export function RegisterModel() {
  const [operation, setOperation] = useQueryState('operation', parseAsString);
  const [model] = useQueryState('model', parseAsString.withDefault(''));
  const [draft, setDraft] = useState(() => newDraft(model));
  return (
    <>
      <PageHead title="Register a model" />
      {operation === null ? (
        <RegisterForm draft={draft} onChange={setDraft} onBegun={(id) => void setOperation(id)} />
      ) : (
        <Registration id={operation} onChangeDraft={() => void setOperation(null)} />
      )}
    </>
  );
}
