'use client';

import { useState } from 'react';
import { useNow } from '#components/layout/age.tsx';
import { Actor } from '#components/layout/actor.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { HeaderReadouts } from '#components/ui/readouts.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import { formatElapsed, formatSpan, formatUsual } from '#lib/format/duration.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { formatClockSeconds } from '#lib/format/time.ts';
import { cancelOperation } from '../../actions.ts';

/** What it is, who asked, how long it took so far and usually takes. */
export function OperationHead({ endpoint, operation }: { endpoint: string; operation: Operation }) {
  const style = useTimeStyle();
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const started = Date.parse(operation.created_at);
  const ended = operation.finished_at === null ? now : Date.parse(operation.finished_at);
  const { expected_ms: expected } = operation;
  const { verb, deployment } = describeOperation(operation);
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
      <h2 className="text-lg first-letter:uppercase">
        {verb} {deployment ?? endpoint}
      </h2>
      <StatusChip status={operation.status} />
      <HeaderReadouts
        items={[
          { label: 'Started', value: formatClockSeconds(operation.created_at, style) },
          {
            label: operation.status === 'running' ? 'Elapsed' : 'Took',
            value: elapsed(ended - started, operation.status === 'running'),
          },
          ...(expected ? [{ label: 'Usually', value: formatUsual(expected, formatSpan) }] : []),
          { label: 'By', value: <Actor name={operation.actor} />, isWide: true },
        ]}
      />
      {operation.status === 'running' ? (
        <Button className="ms-auto" onPress={() => setAsking(true)}>
          Cancel
        </Button>
      ) : null}
      <ConfirmDialog
        isOpen={asking}
        onOpenChange={setAsking}
        title="Cancel this operation?"
        confirmLabel="Cancel and roll back"
        isDangerous
        onConfirm={async () => {
          const result = await cancelOperation(operation.id);
          return result.ok ? null : result.problem;
        }}
      >
        {operation.kind === 'deployment.create'
          ? `What was started for it is stopped and removed. ${endpoint} goes on as it was.`
          : 'What it began is taken back. What worked before stays in place; a deployment that never did is removed.'}
      </ConfirmDialog>
    </div>
  );
}

/** Seconds with a decimal below a minute once it is over; a running clock counts whole seconds. */
function elapsed(ms: number, running: boolean): string {
  if (running || ms >= 60_000) return formatElapsed(Math.max(0, ms));
  return `${(ms / 1000).toFixed(1)} s`;
}
