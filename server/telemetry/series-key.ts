/** What a roll-up row counts: that telemetry was listening, requests, resource use of an instance, or instances of a deployment. */
export const SERIES_KINDS = ['up', 'traffic', 'resource', 'capacity'] as const;
export type SeriesKind = (typeof SERIES_KINDS)[number];

/** One shape for all kinds, empty where a kind has no such dimension, so that grouping needs no case analysis. */
export interface SeriesFields {
  kind: SeriesKind;
  endpoint: string;
  deployment: string;
  instance: string;
  status: number;
  /** Name out of GATEWAY_REASONS. */
  reason: string;
  mirrored: boolean;
}

export interface SeriesKey extends Readonly<SeriesFields> {
  /** Equal for equal keys, made once because every row is looked up by it. */
  readonly id: string;
}

const EMPTY = { endpoint: '', deployment: '', instance: '', status: 0, reason: '', mirrored: false };

export function seriesKey(fields: Pick<SeriesFields, 'kind'> & Partial<SeriesFields>): SeriesKey {
  const key = { ...EMPTY, ...fields };
  const flags = `${key.status}\0${key.reason}\0${key.mirrored ? 1 : 0}`;
  // The separator cannot be part of a name, so different keys never have one id.
  return { ...key, id: `${key.kind}\0${key.endpoint}\0${key.deployment}\0${key.instance}\0${flags}` };
}

export const UP_KEY = seriesKey({ kind: 'up' });
