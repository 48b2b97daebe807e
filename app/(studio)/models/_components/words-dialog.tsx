'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import type { ActionResult } from '#server/studio/run-action.ts';
import type { WordsPatch } from '../actions.ts';
import { StageField } from './stage-field.tsx';
import { TagFields } from './tag-fields.tsx';
import { rowsOf, tagsOf, tagsPatch } from './tag-rows.ts';

const FORM_ID = 'model-words-form';

/** What people say about a model or a version of it. */
export interface Words {
  description: string;
  tags: Record<string, string>;
  /** Undefined where there is none: models have no stage of their own. */
  stage?: string | null;
  revision: number;
}

export interface WordsDialogProps {
  /** `iris, version 3`. */
  object: string;
  words: Words;
  save: (patch: WordsPatch, revision: number) => Promise<ActionResult<{ revision: number }>>;
  onClose: () => void;
}

/**
 * Edits description, tags and stage together, based on the revision that was read when the dialog opened: what somebody else changed meanwhile is
 * not overwritten.
 */
export function WordsDialog({ object, words, save, onClose }: WordsDialogProps) {
  const client = useQueryClient();
  const [before] = useState(words);
  const [description, setDescription] = useState(before.description);
  const [rows, setRows] = useState(() => rowsOf(before.tags));
  const [stage, setStage] = useState(before.stage ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const hasStage = before.stage !== undefined;
  const fieldError = (path: string) => problem?.errors?.find((error) => error.path.startsWith(path))?.message;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const tags = tagsOf(rows);
    const patch = { description, tags: tagsPatch(before.tags, tags), ...(hasStage && { stage: stage || null }) };
    const result = await save(patch, before.revision);
    setBusy(false);
    await client.invalidateQueries({ queryKey: keys.models.all() });
    if (!result.ok) return setProblem(result.problem);
    const back = {
      description: before.description,
      tags: tagsPatch(tags, before.tags),
      ...(hasStage && { stage: before.stage ?? null }),
    };
    toast({
      text: `Saved what is said about ${object}`,
      action: { label: 'Undo', onPress: () => void undo(back, result.data.revision) },
    });
    onClose();
  }

  async function undo(patch: WordsPatch, revision: number): Promise<void> {
    const result = await save(patch, revision);
    await client.invalidateQueries({ queryKey: keys.models.all() });
    toast(
      result.ok
        ? { text: `Put back what was said about ${object}` }
        : { text: `It was not put back: ${result.problem.detail}`, tone: 'danger' },
    );
  }

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Edit ${object}`}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" form={FORM_ID} variant="primary" busy={busy}>
            Save
          </Button>
        </>
      }
    >
      <form id={FORM_ID} onSubmit={(event) => void submit(event)} className="grid gap-4 pt-2">
        <TextField
          label="Description"
          rows={3}
          value={description}
          onChange={setDescription}
          error={fieldError('/description')}
        />
        {hasStage ? <StageField value={stage} onChange={setStage} error={fieldError('/stage')} /> : null}
        <TagFields rows={rows} onChange={setRows} error={fieldError('/tags')} />
        {problem && !problem.errors?.length ? <ErrorState problem={problem} title="It was not saved" /> : null}
      </form>
    </Dialog>
  );
}
