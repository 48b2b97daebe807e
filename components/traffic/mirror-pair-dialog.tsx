'use client';

import { useMemo } from 'react';
import { usePreferences, useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { cx } from '#components/ui/class-names.ts';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { DisagreeingPair, Excerpt } from '#lib/contracts/mirror-comparison.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInstant } from '#lib/format/time.ts';
import { diffAnswers, type DiffRow, linesOf } from '#lib/traffic/diff-answers.ts';
import { describeDifference } from './mirror-words.ts';

export interface MirrorPairDialogProps {
  pair: DisagreeingPair;
  slotOf: (deployment: string) => number;
  onClose: () => void;
}

/** The live answer and the mirror's, side by side, with the request that both got. */
export function MirrorPairDialog({ pair, slotOf, onClose }: MirrorPairDialogProps) {
  const { locale } = usePreferences();
  const style = useTimeStyle();
  const rows = useMemo(() => diffAnswers(pair.live_answer, pair.mirror_answer), [pair]);
  const request = linesOf(pair.request).join('\n');
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={describeDifference(pair, locale)}
      size="xl"
      footer={<Button onPress={onClose}>Close</Button>}
    >
      <p className="mb-3 wrap-anywhere text-muted">
        {pair.path ? (
          <>
            First at <code className="font-mono text-xs">{pair.path}</code> ·{' '}
          </>
        ) : null}
        {formatInstant(pair.at, style)} · request <code className="font-mono text-xs">{pair.request_id}</code>
      </p>
      <table className="w-full table-fixed border-collapse border-y border-line">
        <caption className="sr-only">The live answer and the answer of the mirror, line by line</caption>
        <thead>
          <tr>
            <Side
              name={pair.live}
              part="Live"
              status={pair.live_status}
              ms={pair.live_ms}
              answer={pair.live_answer}
              slot={slotOf(pair.live)}
            />
            <Side
              name={pair.mirror}
              part="Mirror"
              status={pair.mirror_status}
              ms={pair.mirror_ms}
              answer={pair.mirror_answer}
              slot={slotOf(pair.mirror)}
            />
          </tr>
        </thead>
        <tbody className="font-mono text-xs leading-5">
          {rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- lines have no other name, and never move
            <Line key={index} row={row} />
          ))}
        </tbody>
      </table>
      <h3 className="mt-5 mb-2 text-sm">Request</h3>
      <CodeBlock code={request} label="Body of the request" wrap maxHeight="md" />
    </Dialog>
  );
}

interface SideProps {
  name: string;
  part: string;
  slot: number;
  status: number;
  ms: number;
  answer: Excerpt;
}

function Side({ name, part, slot, status, ms, answer }: SideProps) {
  const { locale } = usePreferences();
  const size = figureText(formatBytes(answer.bytes, locale));
  return (
    <th scope="col" className="px-2 py-1.5 text-start align-top text-xs font-normal text-muted">
      <span className="flex flex-wrap gap-x-1.5">
        {part} <DeploymentName name={name} slot={slot} className="text-text" />
      </span>
      {status}, {figureText(formatLatency(ms, locale))}, {answer.is_whole ? size : `the first 4 KiB of ${size}`}
    </th>
  );
}

const CELL = 'px-2 py-px align-top whitespace-pre-wrap wrap-anywhere';

function Line({ row }: { row: DiffRow }) {
  if (row.kind === 'skipped') {
    return (
      <tr>
        <td colSpan={2} className="bg-raised px-2 py-0.5 text-muted">
          {row.count === 1 ? 'one line is the same' : `${row.count} lines are the same`}
        </td>
      </tr>
    );
  }
  const differs = row.kind === 'differs';
  return (
    <tr>
      <td className={cx(CELL, differs && row.left !== null && 'bg-danger-wash')}>
        <Mark differs={differs && row.left !== null} sign="−" />
        {row.left}
      </td>
      <td className={cx(CELL, differs && row.right !== null && 'bg-success-wash')}>
        <Mark differs={differs && row.right !== null} sign="+" />
        {row.right}
      </td>
    </tr>
  );
}

/** The difference in a second way than colour. */
function Mark({ differs, sign }: { differs: boolean; sign: string }) {
  return differs ? (
    <>
      <span className="sr-only">differs: </span>
      <span aria-hidden="true">{sign} </span>
    </>
  ) : (
    <span aria-hidden="true">{'  '}</span>
  );
}
