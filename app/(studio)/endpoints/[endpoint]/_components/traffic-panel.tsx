'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { SplitLanes } from '#components/traffic/split-lanes.tsx';
import { SplitPreview } from '#components/traffic/split-preview.tsx';
import { SplitRows } from '#components/traffic/split-rows.tsx';
import { SplitTrack } from '#components/traffic/split-track.tsx';
import { type SplitDeployment, type SplitDraft, useSplitDraft } from '#components/traffic/use-split-draft.ts';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { KeyHint } from '#components/ui/key-hint.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Switch } from '#components/ui/switch.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint, TrafficMap } from '#lib/contracts/endpoint.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';
import { FULL, type Share } from '#lib/traffic/rebalance.ts';
import { useApplySplit } from './use-apply-split.ts';
import { usePreviewFacts } from './use-preview-facts.ts';

const PRESETS = ['0', '1', '5', '10', '25', '50', '100'] as const;
const MEASURED_MS = 60_000;

export interface TrafficPanelProps {
  endpoint: Endpoint;
  deployments: readonly Deployment[];
}

/** The split: drafted here, previewed beside, sent once, taken back with one press. */
export function TrafficPanel({ endpoint, deployments }: TrafficPanelProps) {
  const rows = deployments.filter(({ mirror_percent }) => mirror_percent === 0).map(toSplitDeployment);
  if (rows.length === 0) return <NoDeployments endpoint={endpoint.name} />;
  return <SplitEditor endpoint={endpoint} deployments={deployments} rows={rows} />;
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

function SplitEditor({ endpoint, deployments, rows }: TrafficPanelProps & { rows: readonly SplitDeployment[] }) {
  const draft = useSplitDraft(rows, endpoint.traffic);
  const { apply, busy, problem, confirmed } = useApplySplit(endpoint.name);
  const [freeEntry, setFreeEntry] = useState(false);
  const measured = useMeasured(endpoint.name);
  const facts = usePreviewFacts(endpoint, deployments);
  const valid = draft.sum === FULL || draft.sum === 0;

  async function send(): Promise<void> {
    if (!draft.isDraft || !valid || busy) return;
    if (await apply(toTraffic(draft.shares))) await draft.reset();
  }
  useShortcuts([{ keys: 'Mod+Enter', label: 'Apply the drafted split', group: 'Traffic', run: () => void send() }]);

  return (
    <Panel
      title="Traffic"
      flush
      aside={
        <>
          {draft.isDraft ? <Chip tone="accent">Draft, not applied</Chip> : null}
          <span className="text-muted max-md:hidden">
            r{endpoint.revision} ·{' '}
            {endpoint.sticky_header ? `sticky by ${endpoint.sticky_header}` : 'routed per request'}
          </span>
          {confirmed ? (
            <span className="text-xs text-muted" role="status">
              {confirmed.confirmed} of {confirmed.total} gateway workers serve it
            </span>
          ) : null}
        </>
      }
      actions={
        rows.length > 2 ? (
          <Switch isSelected={freeEntry} onChange={setFreeEntry}>
            Type all shares
          </Switch>
        ) : undefined
      }
    >
      <div className="grid grid-cols-1 xl:grid-cols-[minmax(0,1fr)_392px]">
        <div className="grid content-start gap-4 p-5">
          <SplitControls rows={rows} draft={draft} revision={endpoint.revision} freeEntry={freeEntry} />
          <SplitLanes deployments={rows} applied={draft.applied} measured={measured} propagating={busy} />
          {rows.length === 2 ? <PairFields rows={rows} draft={draft} /> : null}
          {problem ? <ErrorState problem={problem} title="The split was not applied" /> : null}
          <ActionRow draft={draft} busy={busy} valid={valid} revision={endpoint.revision} onApply={() => void send()} />
        </div>
        <div className="border-s border-line bg-raised p-5 max-xl:border-s-0 max-xl:border-t">
          <SplitPreview deployments={rows} applied={draft.applied} shares={draft.shares} facts={facts} />
        </div>
      </div>
    </Panel>
  );
}

function SplitControls({
  rows,
  draft,
  revision,
  freeEntry,
}: {
  rows: readonly SplitDeployment[];
  draft: SplitDraft;
  revision: number;
  freeEntry: boolean;
}) {
  const [base, candidate] = rows;
  if (base !== undefined && candidate !== undefined && rows.length === 2) {
    return (
      <div className="grid grid-cols-[84px_minmax(0,1fr)] gap-x-3 max-md:grid-cols-1">
        <span className="pt-8 text-muted max-md:hidden">Draft</span>
        <SplitTrack
          base={base}
          candidate={candidate}
          draft={draft}
          revision={revision}
          isDisabled={!base.ready && !candidate.ready}
        />
      </div>
    );
  }
  if (base !== undefined && rows.length === 1) return <SingleShare row={base} draft={draft} />;
  return <SplitRows deployments={rows} draft={draft} freeEntry={freeEntry} />;
}

/** One deployment takes everything or nothing. */
function SingleShare({ row, draft }: { row: SplitDeployment; draft: SplitDraft }) {
  const percent = draft.shares[0]?.percent ?? 0;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <span className="flex items-center gap-1.5">
        <DeploymentMark slot={row.slot} />
        <b className="font-semibold">{row.name}</b> gets {percent} % of the traffic
      </span>
      {percent === FULL ? null : (
        <Button size="sm" isDisabled={!row.ready} onPress={() => draft.type(row.name, FULL)}>
          Give it 100 %
        </Button>
      )}
      {row.ready ? null : <span className="text-xs text-muted">{row.reason}</span>}
    </div>
  );
}

function PairFields({ rows, draft }: { rows: readonly SplitDeployment[]; draft: SplitDraft }) {
  const candidate = rows[1];
  const percentOf = (name: string): number => draft.shares.find((share) => share.name === name)?.percent ?? 0;
  return (
    <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
      {rows.map(({ name, slot }) => (
        <NumberField
          key={name}
          label={
            <span className="flex items-center gap-1.5">
              <DeploymentMark slot={slot} /> {name}
            </span>
          }
          aria-label={`Share of ${name} in percent`}
          unit="%"
          minValue={0}
          maxValue={100}
          value={percentOf(name)}
          onChange={(value) => draft.move(name, value)}
        />
      ))}
      {candidate ? (
        <div className="grid gap-1.5">
          <span className="text-xs text-muted">Share of {candidate.name}</span>
          <SegmentedControl
            label={`Share of ${candidate.name}`}
            size="md"
            options={PRESETS.map((id) => ({ id, label: id }))}
            value={String(percentOf(candidate.name)) as (typeof PRESETS)[number]}
            onChange={(id) => draft.move(candidate.name, Number(id))}
          />
        </div>
      ) : null}
    </div>
  );
}

interface ActionRowProps {
  draft: SplitDraft;
  busy: boolean;
  valid: boolean;
  revision: number;
  onApply: () => void;
}

function ActionRow({ draft, busy, valid, revision, onApply }: ActionRowProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        variant="primary"
        busy={busy}
        isDisabled={!draft.isDraft || !valid}
        keys={['Ctrl', 'Enter']}
        onPress={onApply}
      >
        Apply split
      </Button>
      <Button variant="quiet" isDisabled={!draft.isDraft || busy} onPress={() => void draft.reset()}>
        Reset to r{revision}
      </Button>
      {valid ? null : (
        <span className="flex items-center gap-2 text-warning" role="status">
          The shares sum to {draft.sum}, not 100.
          <Button size="sm" onPress={() => void draft.normalise()}>
            Bring to 100
          </Button>
        </span>
      )}
      <span className="ms-auto flex items-center gap-1.5 text-xs text-muted max-md:hidden">
        <KeyHint keys={['←']} /> <KeyHint keys={['→']} /> by 1, Page Up and Page Down by 10
      </span>
    </div>
  );
}

/** Requests of the last minute by deployment. */
function useMeasured(endpoint: string): ReadonlyMap<string, number> | null {
  const { data } = useQuery(
    metricsQuery({
      metric: 'Requests',
      endpoint,
      range: { lastMs: MEASURED_MS },
      stepSeconds: 10,
      splitBy: ['deployment'],
    }),
  );
  if (data === undefined) return null;
  return new Map(
    data.series.map(({ labels, points }) => [
      labels['deployment'] ?? '',
      points.reduce((sum, [, value]) => sum + (value ?? 0), 0),
    ]),
  );
}

function toSplitDeployment(deployment: Deployment): SplitDeployment {
  const ready = deployment.ready_instances > 0;
  const reason = ready
    ? ''
    : (deployment.error?.title ?? `It is ${deployment.provisioning_state.toLowerCase()}, with no ready instance.`);
  return { name: deployment.name, slot: deployment.colour_slot, ready, reason };
}

function toTraffic(shares: readonly Share[]): TrafficMap {
  return Object.fromEntries(shares.map(({ name, percent }) => [name, percent]));
}
