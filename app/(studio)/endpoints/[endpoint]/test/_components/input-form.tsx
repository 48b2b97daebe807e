'use client';

import { Plus, Trash2 } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import type { InputTable } from './input-table.ts';

/** One card for each row: a field for each column of the signature. */
export function InputForm({ table, onChange }: { table: InputTable; onChange: (table: InputTable) => void }) {
  const setCell = (row: number, column: number, value: string): void =>
    onChange({ ...table, rows: table.rows.map((cells, index) => (index === row ? cells.with(column, value) : cells)) });
  return (
    <div className="grid gap-3">
      {table.rows.map((cells, row) => (
        <fieldset key={row} className="min-w-0 rounded-lg border border-line p-3">
          <legend className="sr-only">Row {row + 1}</legend>
          <div className="mb-2 flex items-center justify-between">
            <span className="text-xs text-muted" aria-hidden="true">
              Row {row + 1}
            </span>
            {table.rows.length > 1 ? (
              <IconButton
                size="xs"
                label={`Remove row ${row + 1}`}
                icon={<Trash2 size={13} aria-hidden="true" />}
                onPress={() => onChange({ ...table, rows: table.rows.filter((_, index) => index !== row) })}
              />
            ) : null}
          </div>
          <div className="grid gap-2">
            {table.columns.map((column, index) => (
              <label key={column} className="grid grid-cols-[minmax(0,1fr)_160px] items-center gap-3">
                <span className="truncate">{column}</span>
                <input
                  value={cells[index] ?? ''}
                  onChange={(event) => setCell(row, index, event.target.value)}
                  autoComplete="off"
                  className="h-8 w-full rounded-md border border-control bg-page px-2.5 focus:border-focus"
                />
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      <div>
        <Button
          size="sm"
          icon={<Plus size={14} aria-hidden="true" />}
          onPress={() => onChange({ ...table, rows: [...table.rows, [...(table.rows.at(-1) ?? [])]] })}
        >
          Add a row
        </Button>
      </div>
    </div>
  );
}
