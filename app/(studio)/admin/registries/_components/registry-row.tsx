'use client';

import { CircleCheck, CircleX } from 'lucide-react';
import { useState } from 'react';
import { Age } from '#components/layout/age.tsx';
import { Button } from '#components/ui/button.tsx';
import { Cell, Row, RowHeader } from '#components/ui/table.tsx';
import type { Registry, RegistryTest } from '#lib/contracts/registry.ts';
import { testRegistry } from '../actions.ts';

export interface RegistryRowProps {
  registry: Registry;
  onEdit: () => void;
  onDelete: () => void;
}

const COLUMNS = 5;

/** One host; what it said to a test stands below it. */
export function RegistryRow({ registry, onEdit, onDelete }: RegistryRowProps) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<RegistryTest | null>(null);

  async function test(): Promise<void> {
    setBusy(true);
    const result = await testRegistry(registry.host);
    setBusy(false);
    setSaid(result.ok ? result.data : { ok: false, detail: result.problem.detail });
  }

  return (
    <>
      <Row>
        <RowHeader className="font-mono text-xs">{registry.host}</RowHeader>
        <Cell>{registry.username}</Cell>
        <Cell className="text-muted">{registry.description || '–'}</Cell>
        <Cell numeric>
          <Age at={registry.updated_at} />
        </Cell>
        <Cell>
          <span className="flex justify-end gap-2">
            <Button size="sm" busy={busy} onPress={() => void test()}>
              Test<span className="sr-only"> {registry.host}</span>
            </Button>
            <Button size="sm" onPress={onEdit}>
              Edit<span className="sr-only"> {registry.host}</span>
            </Button>
            <Button size="sm" variant="danger" onPress={onDelete}>
              Delete…<span className="sr-only"> {registry.host}</span>
            </Button>
          </span>
        </Cell>
      </Row>
      {said === null ? null : (
        <tr>
          <td colSpan={COLUMNS} className="border-b border-line bg-raised px-3 py-2">
            <span role="status" className="flex items-start gap-2">
              {said.ok ? (
                <CircleCheck size={16} className="mt-0.5 shrink-0 text-success" aria-hidden="true" />
              ) : (
                <CircleX size={16} className="mt-0.5 shrink-0 text-danger" aria-hidden="true" />
              )}
              {said.detail}
            </span>
          </td>
        </tr>
      )}
    </>
  );
}
