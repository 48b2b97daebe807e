'use client';

import { lazy, Suspense, useState } from 'react';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { DisagreeingPair } from '#lib/contracts/mirror-comparison.ts';
import { describeDifference } from './mirror-words.ts';

/** Shown before all are asked for: pairs that come one after the other mostly differ in the same way. */
const FIRST_PAIRS = 5;

const MirrorPairDialog = lazy(() =>
  import('./mirror-pair-dialog.tsx').then((module) => ({ default: module.MirrorPairDialog })),
);

export interface MirrorPairsProps {
  pairs: readonly DisagreeingPair[];
  slotOf: (deployment: string) => number;
}

/** The newest answers that disagree, each to be opened beside the live one. */
export function MirrorPairs({ pairs, slotOf }: MirrorPairsProps) {
  const { locale } = usePreferences();
  const [open, setOpen] = useState<DisagreeingPair | null>(null);
  const [all, setAll] = useState(false);
  const shown = all ? pairs : pairs.slice(0, FIRST_PAIRS);
  return (
    <>
      <Table label="Newest answers that disagree">
        <thead>
          <tr>
            <HeadCell>Difference</HeadCell>
            <HeadCell className="max-md:hidden">Place</HeadCell>
            <HeadCell className="max-md:hidden">Mirror</HeadCell>
            <HeadCell numeric className="max-md:hidden">
              When
            </HeadCell>
            <HeadCell>
              <span className="sr-only">Look</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {shown.map((pair) => (
            <Row key={`${pair.request_id} ${pair.mirror}`}>
              <RowHeader>{describeDifference(pair, locale)}</RowHeader>
              <Cell className="max-w-80 truncate font-mono text-xs max-md:hidden">
                {pair.path || 'the whole answer'}
              </Cell>
              <Cell className="max-md:hidden">
                <DeploymentName name={pair.mirror} slot={slotOf(pair.mirror)} />
              </Cell>
              <Cell numeric className="text-muted max-md:hidden">
                <Age at={pair.at} as="when" />
              </Cell>
              <Cell numeric>
                <Button
                  size="sm"
                  aria-label={`Show both answers to request ${pair.request_id}`}
                  onPress={() => setOpen(pair)}
                >
                  Show both
                </Button>
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      {shown.length < pairs.length ? (
        <Button size="sm" variant="quiet" onPress={() => setAll(true)}>
          Show all {pairs.length}
        </Button>
      ) : null}
      <Suspense fallback={null}>
        {open ? <MirrorPairDialog pair={open} slotOf={slotOf} onClose={() => setOpen(null)} /> : null}
      </Suspense>
    </>
  );
}
