'use client';

import { Select } from '#components/ui/select.tsx';
import { MODEL_STAGES } from '#lib/format/model-stage.ts';

const NONE = 'none';

/** A stage of the usual ones, or the one that the version has; empty is none. */
export function StageField({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (stage: string) => void;
  error?: string | undefined;
}) {
  const known: readonly string[] = MODEL_STAGES;
  const words = value === '' || known.includes(value) ? known : [value, ...known];
  return (
    <Select
      label="Stage"
      options={[{ id: NONE, label: 'None' }, ...words.map((word) => ({ id: word, label: word }))]}
      value={value === '' ? NONE : value}
      onChange={(id) => onChange(id === NONE ? '' : id)}
      error={error}
    />
  );
}
