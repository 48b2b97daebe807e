'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { UploadPanel } from '#components/deployments/upload-panel.tsx';
import type { UploadedModel } from '#components/deployments/use-upload.ts';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { RadioGroup } from '#components/ui/radio-group.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { registerModel } from '../../actions.ts';
import { StageField } from '../../_components/stage-field.tsx';
import { TagFields } from '../../_components/tag-fields.tsx';
import { tagsOf } from '../../_components/tag-rows.ts';
import { findFaults, pathOf, type RegisterDraft, type Source, SOURCE_WORDS, SOURCES } from './register-draft.ts';

export interface RegisterFormProps {
  draft: RegisterDraft;
  onChange: (draft: RegisterDraft) => void;
  /** The files are on their way. */
  onBegun: (operation: string) => void;
}

export function RegisterForm({ draft, onChange, onBegun }: RegisterFormProps) {
  const router = useRouter();
  const client = useQueryClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const faults = findFaults(draft);
  const path = pathOf(draft);
  const isComplete = draft.name !== '' && path !== null && Object.keys(faults).length === 0;
  const change = (part: Partial<RegisterDraft>) => {
    setProblem(null);
    onChange({ ...draft, ...part });
  };
  const fieldError = (pointer: string) => problem?.errors?.find((error) => error.path.startsWith(pointer))?.message;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!isComplete || busy) return;
    setBusy(true);
    const { name, version, description, stage } = draft;
    const result = await registerModel({
      name,
      path,
      ...(version.trim() !== '' && { version: version.trim() }),
      description,
      tags: tagsOf(draft.tags),
      ...(stage !== '' && { stage }),
    });
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    await client.invalidateQueries({ queryKey: keys.models.all() });
    if ('kind' in result.data) {
      await client.invalidateQueries({ queryKey: keys.operations.all() });
      return onBegun(result.data.id);
    }
    toast({ text: `Registered ${result.data.name}, version ${result.data.version}` });
    router.push(`/models/${encodeURIComponent(result.data.name)}/versions/${encodeURIComponent(result.data.version)}`);
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="grid max-w-180 gap-8">
      <Section title="Name">
        <div className="grid gap-4 sm:grid-cols-[2fr_1fr]">
          <TextField
            label="Model"
            hint="A new name, or one that gets another version."
            isRequired
            mono
            value={draft.name}
            onChange={(name) => change({ name: name.trim() })}
            error={faults.name ?? fieldError('/name')}
            spellCheck="false"
          />
          <TextField
            label="Version"
            hint="Numbered where it is empty."
            mono
            value={draft.version}
            onChange={(version) => change({ version })}
            error={fieldError('/version')}
            spellCheck="false"
          />
        </div>
      </Section>
      <Section title="Files">
        <SourceFields draft={draft} onChange={change} error={faults.address ?? fieldError('/path')} />
      </Section>
      <Section title="About it">
        <div className="grid gap-4">
          <TextField
            label="Description"
            rows={2}
            value={draft.description}
            onChange={(description) => change({ description })}
            error={fieldError('/description')}
          />
          <StageField value={draft.stage} onChange={(stage) => change({ stage })} error={fieldError('/stage')} />
          <TagFields rows={draft.tags} onChange={(tags) => change({ tags })} error={fieldError('/tags')} />
        </div>
      </Section>
      {problem && !problem.errors?.length ? <ErrorState problem={problem} title="It was not registered" /> : null}
      <div>
        <Button type="submit" variant="primary" busy={busy} isDisabled={!isComplete}>
          Register
        </Button>
      </div>
    </form>
  );
}

interface SourceFieldsProps {
  draft: RegisterDraft;
  onChange: (part: Partial<RegisterDraft>) => void;
  error: string | undefined;
}

function SourceFields({ draft, onChange, error }: SourceFieldsProps) {
  const [upload, setUpload] = useState<UploadedModel | null>(null);
  const { source, addresses } = draft;
  const words = source === 'upload' ? null : SOURCE_WORDS[source];
  return (
    <div className="grid gap-4">
      <RadioGroup
        label="From"
        options={SOURCES.map((id) => ({ id, label: id === 'upload' ? 'Upload' : SOURCE_WORDS[id].label }))}
        value={source}
        onChange={(id) => onChange({ source: id as Source })}
      />
      {words === null ? (
        <UploadPanel
          upload={upload}
          onChange={(next) => {
            setUpload(next);
            onChange({ uploadId: next?.id ?? '' });
          }}
        />
      ) : (
        <TextField
          key={source}
          label={words.field}
          hint={words.hint}
          placeholder={words.placeholder}
          isRequired
          mono
          value={addresses[source] ?? ''}
          onChange={(address) => onChange({ addresses: { ...addresses, [source]: address } })}
          error={error}
          autoComplete="off"
          spellCheck="false"
        />
      )}
      {words === null && error ? (
        <p role="alert" className="text-xs text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}
