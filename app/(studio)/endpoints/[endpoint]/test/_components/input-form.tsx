'use client';

import { ChevronLeft, ChevronRight, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '#components/ui/icon-button.tsx';
import type { TensorSpec } from '#lib/contracts/model.ts';
import { datatypeOf, type InputTable } from './input-table.ts';

export interface InputFormProps {
  table: InputTable;
  inputs: readonly TensorSpec[];
  onChange: (table: InputTable) => void;
}

/** A field for each column of the signature; one row at a time, so that what sends it stays in sight. */
export function InputForm({ table, inputs, onChange }: InputFormProps) {
  const [chosen, setChosen] = useState(0);
  const { columns, rows } = table;
  const row = Math.min(chosen, rows.length - 1);
  const cells = rows[row] ?? [];
  return (
    <fieldset className="min-w-0 rounded-lg border border-line">
      <legend className="sr-only">{`Row ${row + 1}`}</legend>
      <div className="flex items-center gap-1 px-2 py-1">
        <IconButton
          size="xs"
          label="Previous row"
          icon={<ChevronLeft size={14} aria-hidden="true" />}
          isDisabled={row === 0}
          onPress={() => setChosen(row - 1)}
        />
        <span className="min-w-20 text-center text-xs text-muted" role="status">
          Row {row + 1} of {rows.length}
        </span>
        <IconButton
          size="xs"
          label="Next row"
          icon={<ChevronRight size={14} aria-hidden="true" />}
          isDisabled={row === rows.length - 1}
          onPress={() => setChosen(row + 1)}
        />
        <span className="flex-1" />
        <IconButton
          size="xs"
          label="Add a row like this one"
          icon={<Plus size={14} aria-hidden="true" />}
          onPress={() => {
            onChange({ ...table, rows: rows.toSpliced(row + 1, 0, [...cells]) });
            setChosen(row + 1);
          }}
        />
        <IconButton
          size="xs"
          label="Remove this row"
          icon={<Trash2 size={13} aria-hidden="true" />}
          isDisabled={rows.length === 1}
          onPress={() => onChange({ ...table, rows: rows.toSpliced(row, 1) })}
        />
      </div>
      {columns.map((column, index) => (
        <label
          key={column}
          className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,160px)] items-center gap-3 border-t border-line px-3 py-1"
        >
          <span className="truncate" title={column}>
            {column}
          </span>
          <span className="text-2xs text-muted" aria-hidden="true">
            {datatypeOf(inputs, column)}
          </span>
          <input
            value={cells[index] ?? ''}
            onChange={(event) => onChange({ ...table, rows: rows.with(row, cells.with(index, event.target.value)) })}
            autoComplete="off"
            className="h-8 w-full rounded-md border border-control bg-page px-2.5 text-end focus:border-focus"
          />
        </label>
      ))}
    </fieldset>
  );
}
