'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Checkbox } from '#components/ui/checkbox.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Note } from '#components/ui/note.tsx';
import { Select } from '#components/ui/select.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { ApiKeyCreated } from '#lib/contracts/identity.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { createApiKey } from '../actions.ts';

const DAY_MS = 86_400_000;
const LIVES = [
  { id: '30', label: '30 days' },
  { id: '90', label: '90 days' },
  { id: '365', label: 'One year' },
  { id: 'never', label: 'Never' },
];
const FORM_ID = 'api-key-form';

/** Two steps: name and life, then the value, which is shown this once. */
export function CreateApiKey({ onClose }: { onClose: () => void }) {
  const [created, setCreated] = useState<ApiKeyCreated | null>(null);
  return created ? (
    <ShowApiKey created={created} onClose={onClose} />
  ) : (
    <NameApiKey onCreated={setCreated} onClose={onClose} />
  );
}

function NameApiKey({ onCreated, onClose }: { onCreated: (created: ApiKeyCreated) => void; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [life, setLife] = useState('90');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy || name.trim() === '') return;
    setBusy(true);
    const expiresAt = life === 'never' ? null : new Date(Date.now() + Number(life) * DAY_MS).toISOString();
    const result = await createApiKey(name.trim(), expiresAt);
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    await client.invalidateQueries({ queryKey: keys.apiKeys.all() });
    onCreated(result.data);
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Create an API key"
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" form={FORM_ID} variant="primary" busy={busy} isDisabled={name.trim() === ''}>
            Create API key
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void create(event)} className="grid gap-4 pt-2">
        <TextField
          label="Name"
          hint="What uses it: a pipeline, a script, a machine"
          error={problem?.errors?.find((error) => error.path === '/name')?.message}
          autoFocus
          isRequired
          maxLength={128}
          value={name}
          onChange={setName}
        />
        <Select label="Expires after" options={LIVES} value={life} onChange={setLife} />
        {problem && !problem.errors?.length ? <ErrorState problem={problem} /> : null}
      </form>
    </Dialog>
  );
}

function ShowApiKey({ created, onClose }: { created: ApiKeyCreated; onClose: () => void }) {
  const [stored, setStored] = useState(false);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      isKeyboardDismissDisabled
      title={`Store ${created.name} now`}
      footer={
        <Button variant="primary" isDisabled={!stored} onPress={onClose}>
          Close
        </Button>
      }
    >
      <div className="grid gap-4 pt-1">
        <Note tone="warning">This is the only time that the value is shown. Only a digest of it is kept.</Note>
        <CodeBlock code={created.value} label="API key" wrap />
        <Checkbox isSelected={stored} onChange={setStored}>
          I stored it
        </Checkbox>
      </div>
    </Dialog>
  );
}
