'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Actor } from '#components/layout/actor.tsx';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatRequestRate } from '#lib/format/number.ts';
import { endpointQuery, trafficHistoryQuery } from '#lib/queries/endpoints.ts';
import type { SplitPreview } from '#lib/traffic/preview-split.ts';
import type { Share } from '#lib/traffic/rebalance.ts';
import { sayTraffic } from './split-words.ts';

/** While the question is open, what it is about may go on changing. */
const CURRENT_POLL_MS = 2_000;

/** Asked before a split that the preview warns about in red, or that moves most of a production endpoint at once. */
export function ApplyQuestion({
  preview,
  onClose,
  onConfirm,
}: {
  preview: SplitPreview;
  onClose: () => void;
  onConfirm: () => Promise<void>;
}) {
  const { locale } = usePreferences();
  const rate = (value: number | null): string => figureText(formatRequestRate(value, locale));
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Apply this split?"
      confirmLabel="Apply split"
      onConfirm={async () => {
        await onConfirm();
        return null;
      }}
    >
      <ul className="grid gap-1">
        {preview.rows.map((row) => (
          <li key={row.name}>
            {row.name}: {rate(row.rateNow)} becomes {rate(row.rateThen)}
            {row.cpuThen === null ? '' : `, CPU ${Math.round(row.cpuThen)} %`}
          </li>
        ))}
      </ul>
    </ConfirmDialog>
  );
}

/** Says what callers will get, in the rate of now. */
export function PauseDialog({
  endpoint,
  ratePerSecond,
  onClose,
  onConfirm,
}: {
  endpoint: Endpoint;
  ratePerSecond: number | null;
  onClose: () => void;
  onConfirm: () => Promise<void>;
}) {
  const { locale } = usePreferences();
  const calls =
    ratePerSecond === null || ratePerSecond === 0
      ? 'Callers'
      : `It serves ${figureText(formatRequestRate(ratePerSecond, locale))} now; callers`;
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Pause all traffic of ${endpoint.name}?`}
      confirmLabel="Pause traffic"
      isDangerous
      onConfirm={async () => {
        await onConfirm();
        return null;
      }}
    >
      {calls} get 404 until a split is applied again. Deployments keep running, keep costing, and answer those who name
      them. The way back is in the split history.
    </ConfirmDialog>
  );
}

/** Somebody was faster: what they did, and what to do with the draft. */
export function ConflictDialog({
  endpoint,
  draft,
  onReapply,
  onTake,
}: {
  endpoint: string;
  draft: readonly Share[];
  /** Gets the endpoint as it is now. */
  onReapply: (current: Endpoint) => Promise<void>;
  onTake: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const fresh = { refetchInterval: CURRENT_POLL_MS, staleTime: 0 };
  const { data: current } = useQuery({ ...endpointQuery(endpoint), ...fresh });
  const { data: history } = useQuery({ ...trafficHistoryQuery(endpoint), ...fresh });
  const [latest] = history?.items ?? [];
  const mine = sayTraffic({ traffic: Object.fromEntries(draft.map(({ name, percent }) => [name, percent])) });
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onTake()}
      title="The split was not applied"
      role="alertdialog"
      footer={
        <>
          <Button autoFocus onPress={onTake}>
            Take theirs
          </Button>
          <Button
            variant="primary"
            busy={busy}
            isDisabled={current === undefined}
            onPress={() => {
              if (current === undefined) return;
              setBusy(true);
              void onReapply(current);
            }}
          >
            Apply mine on top
          </Button>
        </>
      }
    >
      <p className="text-muted">The endpoint was changed while this split was drafted.</p>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
        {latest ? (
          <>
            <dt className="text-muted">
              r{latest.revision}, <Age at={latest.applied_at} as="when" />
            </dt>
            <dd>
              {sayTraffic(latest)} by <Actor name={latest.actor} />
            </dd>
          </>
        ) : null}
        <dt className="text-muted">Your draft</dt>
        <dd>{mine}</dd>
      </dl>
    </Dialog>
  );
}
