'use client';

import { TextField } from '#components/ui/text-field.tsx';
import type { LimitFaults, LimitTexts } from './limit-form.ts';

export interface LimitFieldsProps {
  /** Heading of the row: whom the limits are for. */
  title: string;
  hint: string;
  texts: LimitTexts;
  onChange: (texts: LimitTexts) => void;
  faults: LimitFaults;
  /** What the server says of a limit, by its name there. */
  serverFault: (name: string) => string | undefined;
}

const FIELDS = [
  { id: 'rate', label: 'Requests per second', mode: 'decimal', name: 'requests_per_second' },
  { id: 'burst', label: 'Burst', mode: 'numeric', name: 'burst' },
  { id: 'concurrency', label: 'Requests at once', mode: 'numeric', name: 'concurrency' },
  { id: 'bodyMib', label: 'Body, MiB', mode: 'decimal', name: 'max_body_bytes' },
] as const;

/** One row of limits: of the endpoint, or of each key. */
export function LimitFields({ title, hint, texts, onChange, faults, serverFault }: LimitFieldsProps) {
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1 font-medium">{title}</legend>
      <p className="text-xs text-muted">{hint}</p>
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {FIELDS.map(({ id, label, mode, name }) => (
          <TextField
            key={id}
            label={label}
            inputMode={mode}
            value={texts[id]}
            onChange={(text) => onChange({ ...texts, [id]: text })}
            error={faults[id] ?? serverFault(name)}
          />
        ))}
      </div>
    </fieldset>
  );
}
