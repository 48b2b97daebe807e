'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PasswordField } from '#components/ui/password-field.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Problem } from '#lib/contracts/problem.ts';
import type { Registry } from '#lib/contracts/registry.ts';
import { keys } from '#lib/queries/keys.ts';
import { putRegistry } from '../actions.ts';

const FORM_ID = 'registry-form';

export interface RegistryFormProps {
  /** Null adds credentials. */
  registry: Registry | null;
  host: string;
  onClose: () => void;
}

export function RegistryForm({ registry, host: firstHost, onClose }: RegistryFormProps) {
  const client = useQueryClient();
  const [host, setHost] = useState(firstHost);
  const [username, setUsername] = useState(registry?.username ?? '');
  const [password, setPassword] = useState('');
  const [description, setDescription] = useState(registry?.description ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const fieldError = (field: string) => problem?.errors?.find(({ path }) => path === `/${field}`)?.message;
  const isComplete = host.trim() !== '' && username.trim() !== '' && (registry !== null || password !== '');

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy || !isComplete) return;
    setBusy(true);
    const write = { username: username.trim(), description, ...(password !== '' && { password }) };
    const result = await putRegistry(host.trim(), write, registry?.revision ?? null);
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    await client.invalidateQueries({ queryKey: keys.registries.all() });
    toast({ text: `Kept the credentials of ${result.data.host}` });
    onClose();
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={registry ? `Credentials of ${registry.host}` : 'Add credentials of a registry'}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" form={FORM_ID} variant="primary" busy={busy} isDisabled={!isComplete}>
            Keep credentials
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void save(event)} className="grid gap-4 pt-2">
        {registry ? null : (
          <TextField
            label="Host"
            hint="As it stands before the first “/” of an image. Docker Hub is docker.io."
            placeholder="registry.example.com:5000"
            mono
            autoFocus={firstHost === ''}
            isRequired
            value={host}
            onChange={setHost}
            error={fieldError('host')}
            spellCheck="false"
          />
        )}
        <TextField
          label="User name"
          autoFocus={firstHost !== ''}
          isRequired
          value={username}
          onChange={setUsername}
          error={fieldError('username')}
          autoComplete="off"
          spellCheck="false"
        />
        <PasswordField
          label="Password or token"
          hint={registry ? 'Leave it empty to keep the one there is.' : 'One that may read is enough.'}
          isRequired={registry === null}
          value={password}
          onChange={setPassword}
          error={fieldError('password')}
          autoComplete="new-password"
        />
        <TextField
          label="Description"
          value={description}
          onChange={setDescription}
          error={fieldError('description')}
        />
        {problem && !problem.errors?.length ? <ErrorState problem={problem} /> : null}
      </form>
    </Dialog>
  );
}
