'use client';

import { Plus, X } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { newRowId, type TagRow } from './tag-rows.ts';

export interface TagFieldsProps {
  rows: readonly TagRow[];
  onChange: (rows: TagRow[]) => void;
  error?: string | undefined;
}

/** Tags as pairs of a name and a value; the value may be empty. */
export function TagFields({ rows, onChange, error }: TagFieldsProps) {
  const set = (id: number, change: Partial<TagRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...change } : row)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">Tags</legend>
      {rows.map((row, index) => (
        <div key={row.id} className="grid grid-cols-[1fr_1fr_auto] items-end gap-2">
          <TextField
            label={`Name of tag ${index + 1}`}
            value={row.name}
            onChange={(name) => set(row.id, { name })}
            maxLength={256}
          />
          <TextField
            label={`Value of tag ${index + 1}`}
            value={row.value}
            onChange={(value) => set(row.id, { value })}
            maxLength={1024}
          />
          <IconButton
            label={`Remove tag ${index + 1}`}
            icon={<X size={16} aria-hidden="true" />}
            onPress={() => onChange(rows.filter(({ id }) => id !== row.id))}
          />
        </div>
      ))}
      {error ? (
        <p role="alert" className="text-xs text-danger">
          {error}
        </p>
      ) : null}
      <div>
        <Button
          size="sm"
          icon={<Plus size={14} aria-hidden="true" />}
          onPress={() => onChange([...rows, { id: newRowId(rows), name: '', value: '' }])}
        >
          Add a tag
        </Button>
      </div>
    </fieldset>
  );
}
