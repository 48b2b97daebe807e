'use client';

import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Tag } from '#components/ui/chip.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { modelQuery } from '#lib/queries/models.ts';
import { WordsDialog } from '../../_components/words-dialog.tsx';
import { patchModel } from '../../actions.ts';

/** What is said about a model as a whole. */
export function ModelAbout({ model }: { model: string }) {
  const { data } = useQuery(modelQuery(model));
  const tags = Object.entries(data?.tags ?? {});
  if (data === undefined || (data.description === '' && tags.length === 0)) return null;
  return (
    <div className="mb-6 grid gap-2">
      {data.description === '' ? null : <p className="max-w-[80ch] wrap-anywhere">{data.description}</p>}
      {tags.length === 0 ? null : (
        <span className="flex flex-wrap gap-1.5">
          {tags.map(([name, value]) => (
            <Tag key={name}>{value === '' ? name : `${name}: ${value}`}</Tag>
          ))}
        </span>
      )}
    </div>
  );
}

export function ModelActions({ model, canCompare }: { model: string; canCompare: boolean }) {
  const { data } = useQuery(modelQuery(model));
  const [editing, setEditing] = useState(false);
  return (
    <>
      {canCompare ? (
        <ButtonLink href={`/models/${encodeURIComponent(model)}/compare`}>Compare versions</ButtonLink>
      ) : null}
      <Button
        icon={<Pencil size={16} aria-hidden="true" />}
        isDisabled={data === undefined}
        onPress={() => setEditing(true)}
      >
        Edit
      </Button>
      <ButtonLink
        variant="primary"
        href={`/models/register?model=${encodeURIComponent(model)}`}
        icon={<Plus size={16} aria-hidden="true" />}
      >
        Register a version
      </ButtonLink>
      {editing && data ? (
        <WordsDialog
          object={data.name}
          words={{ description: data.description, tags: data.tags, revision: data.revision }}
          save={(patch, revision) => patchModel(data.name, patch, revision)}
          onClose={() => setEditing(false)}
        />
      ) : null}
    </>
  );
}
