import type { ChartEvent } from '#components/charts/chart-series.ts';
import type { Activity } from '#lib/contracts/endpoint.ts';

const SHOWN: ReadonlySet<Activity['kind']> = new Set([
  'deploy',
  'traffic',
  'scale',
  'config',
  'restart',
  'delete',
  'failure',
]);

/** Marks in charts from what happened to the endpoint. */
export function chartEvents(
  activity: readonly Activity[],
  endpoint: string,
  slots: ReadonlyMap<string, number>,
): ChartEvent[] {
  return activity
    .filter(({ kind }) => SHOWN.has(kind))
    .map((one) => ({
      id: one.id,
      atMs: Date.parse(one.at),
      kind: one.kind,
      label: labelOf(one),
      text: one.text,
      slot: one.deployment === null ? null : (slots.get(one.deployment) ?? 0),
      href:
        one.operation_id === null
          ? null
          : `/endpoints/${encodeURIComponent(endpoint)}/operations/${encodeURIComponent(one.operation_id)}`,
    }));
}

function labelOf({ kind, deployment, revision, text }: Activity): string {
  if (kind === 'traffic') {
    const split = /set to (.+?)\.?$/.exec(text)?.[1];
    return `r${revision ?? ''} ${split ?? ''}`.trim();
  }
  return deployment === null ? kind : `${kind} ${deployment}`;
}
