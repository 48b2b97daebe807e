'use client';

import { History } from 'lucide-react';
import { lazy, type RefObject, Suspense, useEffect, useRef, useState } from 'react';
import { Actor } from '#components/layout/actor.tsx';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { SplitLanes } from '#components/traffic/split-lanes.tsx';
import { SplitPreview } from '#components/traffic/split-preview.tsx';
import { useMeasuredShares } from '#components/traffic/use-measured-shares.ts';
import type { SplitDraft } from '#components/traffic/use-split-draft.ts';
import { Chip } from '#components/ui/chip.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint, TrafficHistoryEntry, TrafficMap } from '#lib/contracts/endpoint.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse } from '#lib/format/money.ts';
import { largestMove, previewSplit } from '#lib/traffic/preview-split.ts';
import { FULL, sayShares, type Share } from '#lib/traffic/rebalance.ts';
import { DeploymentDialog } from './lazy-deployment-dialog.tsx';
import { SplitActions } from './split-actions.tsx';
import { SplitControls } from './split-controls.tsx';
import { useApplySplit } from './use-apply-split.ts';
import { useEndpointDraft } from './use-endpoint-draft.ts';
import { usePreviewFacts } from './use-preview-facts.ts';

const loadDialogs = () => import('./apply-dialogs.tsx');
const ApplyQuestion = lazy(() => loadDialogs().then((module) => ({ default: module.ApplyQuestion })));
const PauseDialog = lazy(() => loadDialogs().then((module) => ({ default: module.PauseDialog })));
const ConflictDialog = lazy(() => loadDialogs().then((module) => ({ default: module.ConflictDialog })));

/** More points at once than this are asked about on an endpoint that is tagged production. */
const BOLD_MOVE = 50;
const SPEAK_AFTER_MS = 900;

export interface TrafficPanelProps {
  endpoint: Endpoint;
  deployments: readonly Deployment[];
}

/** The split: drafted here, previewed beside, sent once, taken back with one press. */
export function TrafficPanel({ endpoint, deployments }: TrafficPanelProps) {
  return deployments.length === 0 ? (
    <NoDeployments endpoint={endpoint.name} />
  ) : (
    <SplitEditor endpoint={endpoint} deployments={deployments} />
  );
}

function NoDeployments({ endpoint }: { endpoint: string }) {
  return (
    <Panel title="Traffic">
      <p className="text-muted">No deployment answers at this address yet.</p>
      <ButtonLink
        href={`/endpoints/${encodeURIComponent(endpoint)}/deployments/new`}
        variant="primary"
        className="mt-3"
      >
        Add a deployment
      </ButtonLink>
    </Panel>
  );
}

type Question = 'apply' | 'pause' | null;

function SplitEditor({ endpoint, deployments }: TrafficPanelProps) {
  const { locale } = usePreferences();
  const { rows, live, heirs, draft, latest } = useEndpointDraft(endpoint, deployments);
  const splitRevision = latest?.revision ?? endpoint.revision;
  const { apply, busy, isPropagating, problem, workers, clearProblem } = useApplySplit(endpoint.name);
  const [freeEntry, setFreeEntry] = useState(false);
  const [question, setQuestion] = useState<Question>(null);
  const [scaling, setScaling] = useState<{ deployment: Deployment; count: number } | null>(null);
  const slider = useRef<HTMLInputElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const measured = useMeasuredShares(endpoint.name);
  const facts = usePreviewFacts(endpoint.name, live, deployments, heirs[0] ?? '');
  const preview = previewSplit(facts, draft.applied, draft.shares);
  const isConflict = problem?.code === 'request.precondition_failed';
  const valid = draft.sum === FULL || draft.sum === 0;

  async function send(from?: Endpoint): Promise<void> {
    setQuestion(null);
    if (await apply(toTraffic(draft.shares), undefined, from)) draft.reset();
  }
  function ask(): void {
    if (!draft.isDraft || !valid || busy) return;
    const isBold = isProduction(endpoint) && largestMove(draft.applied, draft.shares) > BOLD_MOVE;
    const isOver = preview.warnings.some(({ kind }) => kind === 'over_capacity' || kind === 'paused');
    if (isBold || isOver) setQuestion('apply');
    else void send();
  }
  useTrafficShortcuts({ draft, onApply: ask, panel, slider });

  const href = (path: string): string => `/endpoints/${encodeURIComponent(endpoint.name)}/${path}`;
  return (
    <div ref={panel} id="traffic" tabIndex={-1} className="outline-none">
      <Panel
        title="Traffic"
        flush
        aside={<PanelStatus endpoint={endpoint} draft={draft} latest={latest} workers={workers} />}
        actions={
          <>
            <a
              href="#split-history"
              className="inline-flex items-center gap-1.5 px-2 text-muted hover:text-text max-md:hidden"
            >
              <History size={14} aria-hidden="true" /> History
            </a>
            {live.length > 2 ? (
              <Switch isSelected={freeEntry} onChange={setFreeEntry}>
                Type all shares
              </Switch>
            ) : null}
          </>
        }
      >
        <div className="grid split:grid-cols-[minmax(0,1fr)_392px]">
          <div className="grid min-w-0 content-start gap-4 p-5 max-md:p-4">
            <SplitControls
              rows={rows}
              live={live}
              draft={draft}
              revision={splitRevision}
              freeEntry={freeEntry}
              ratePerSecond={facts.ratePerSecond}
              sliderRef={slider}
              lanes={
                <SplitLanes
                  deployments={live}
                  applied={draft.applied}
                  measured={measured}
                  propagating={isPropagating}
                />
              }
            />
            {problem && !isConflict ? <ErrorState problem={problem} title="The split was not applied" /> : null}
            <SplitActions
              draft={draft}
              busy={busy}
              valid={valid}
              revision={splitRevision}
              hasKeys={live.length > 1}
              onApply={ask}
              onReset={() => resetWithUndo(draft)}
              onPause={() => setQuestion('pause')}
            />
          </div>
          <div className="border-line bg-raised p-5 max-split:border-t max-md:p-4 split:border-s">
            <SplitPreview
              deployments={live}
              preview={preview}
              isDraft={draft.isDraft}
              runRate={figureText(
                formatHourlyRateInProse(endpoint.run_rate_micros_per_hour, endpoint.currency, locale),
              )}
              priceOf={(name) => priceOf(deployments, name, locale)}
              testHref={(name) => href(`test?deployment=${encodeURIComponent(name)}`)}
              onScale={(name, count) => {
                const deployment = deployments.find((one) => one.name === name);
                if (deployment) setScaling({ deployment, count });
              }}
            />
          </div>
        </div>
      </Panel>
      <SpokenSplit draft={draft} />
      <Suspense fallback={null}>
        {question === 'apply' ? (
          <ApplyQuestion preview={preview} onClose={() => setQuestion(null)} onConfirm={() => send()} />
        ) : null}
        {question === 'pause' ? (
          <PauseDialog
            endpoint={endpoint}
            ratePerSecond={facts.ratePerSecond}
            onClose={() => setQuestion(null)}
            onConfirm={async () => {
              if (await apply(toTraffic(draft.applied.map(({ name }) => ({ name, percent: 0 }))), 'Paused'))
                draft.reset();
              setQuestion(null);
            }}
          />
        ) : null}
        {isConflict ? (
          <ConflictDialog
            endpoint={endpoint.name}
            draft={draft.shares}
            onReapply={async (current) => {
              clearProblem();
              await send(current);
            }}
            onTake={() => {
              clearProblem();
              draft.reset();
            }}
          />
        ) : null}
      </Suspense>
      {scaling ? (
        <DeploymentDialog
          endpoint={endpoint.name}
          deployment={scaling.deployment}
          verb="scale"
          count={scaling.count}
          onClose={() => setScaling(null)}
        />
      ) : null}
    </div>
  );
}

interface PanelStatusProps {
  endpoint: Endpoint;
  draft: SplitDraft;
  latest: TrafficHistoryEntry | undefined;
  workers: { confirmed: number; total: number } | null;
}

/** Whether there is a draft, what is applied since when by whom, and who serves it. */
function PanelStatus({ endpoint, draft, latest, workers }: PanelStatusProps) {
  return (
    <>
      {draft.isDraft ? <Chip tone="accent">Draft, not applied</Chip> : null}
      <span className="min-w-0 truncate text-muted max-md:hidden">
        r{latest?.revision ?? endpoint.revision}
        {latest ? (
          <>
            {' '}
            · split applied <Age at={latest.applied_at} as="when" /> by <Actor name={latest.actor} />
          </>
        ) : null}{' '}
        · {endpoint.sticky_header ? `sticky by ${endpoint.sticky_header}` : 'routed per request'}
      </span>
      {draft.isDropped ? (
        <span className="text-xs text-muted">The split of the address does not fit and was left out.</span>
      ) : null}
      <span className="text-xs text-muted" role="status">
        {workers
          ? `${workers.confirmed} of ${workers.total} gateway workers serve it${workers.confirmed < workers.total ? ', propagating' : ''}`
          : ''}
      </span>
    </>
  );
}

/** Says the new split once, when a gesture has ended. */
function SpokenSplit({ draft }: { draft: SplitDraft }) {
  const text = draft.isDraft ? `Draft: ${sayShares(draft.shares)}` : '';
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSpoken(text), SPEAK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p role="status" className="sr-only">
      {spoken}
    </p>
  );
}

interface TrafficShortcuts {
  draft: SplitDraft;
  onApply: () => void;
  panel: RefObject<HTMLElement | null>;
  slider: RefObject<HTMLInputElement | null>;
}

function useTrafficShortcuts({ draft, onApply, panel, slider }: TrafficShortcuts): void {
  useShortcuts([
    { keys: 'Mod+Enter', label: 'Apply the drafted split', group: 'Traffic', run: onApply },
    {
      keys: 't',
      label: 'Go to the split',
      group: 'Traffic',
      run: () => {
        panel.current?.scrollIntoView({ block: 'start' });
        (
          slider.current ??
          panel.current?.querySelector<HTMLElement>('input[type=range]:enabled') ??
          panel.current
        )?.focus();
      },
    },
    {
      keys: 'Escape',
      label: 'Leave the slider; again, drop the draft',
      group: 'Traffic',
      run: () => {
        const focused = document.activeElement;
        if (focused instanceof HTMLElement && panel.current?.contains(focused) && focused !== panel.current)
          panel.current.focus();
        else if (draft.isDraft) resetWithUndo(draft);
      },
    },
  ]);
}

function resetWithUndo(draft: SplitDraft): void {
  const undo = draft.reset();
  toast({ text: 'Draft dropped', action: { label: 'Undo', onPress: undo } });
}

/** Tagged so by whoever runs it: `production`, or `env` or `stage` with a value that starts with `prod`. */
function isProduction({ tags }: Endpoint): boolean {
  return Object.entries(tags).some(([key, value]) =>
    /^(?:env|environment|stage|tier)$/i.test(key) ? /^prod/i.test(value) : /^production$/i.test(key),
  );
}

function priceOf(deployments: readonly Deployment[], name: string, locale: string): string {
  const deployment = deployments.find((one) => one.name === name);
  return deployment
    ? figureText(formatHourlyRateInProse(deployment.price_per_hour_micros, deployment.currency, locale))
    : '';
}

function toTraffic(shares: readonly Share[]): TrafficMap {
  return Object.fromEntries(shares.map(({ name, percent }) => [name, percent]));
}
