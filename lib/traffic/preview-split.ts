import { type Share, sumOf } from './rebalance.ts';

/** What is known about one deployment before a split is applied. */
export interface PreviewDeployment {
  name: string;
  /** Can be given more than it has; otherwise `reason` says why not. */
  ready: boolean;
  reason: string;
  readyInstances: number;
  /** Of the look-back period. */
  requests: number;
  /** Failed share of those requests; null without requests. */
  errorRatio: number | null;
  /** Mean use of its instances' CPUs over the look-back period; null where it was not sampled. */
  cpuPercent: number | null;
}

export interface PreviewFacts {
  /** Requests per second that reach the endpoint's deployments now; null while unknown. */
  ratePerSecond: number | null;
  /** The one that the others are compared with. */
  baseline: string;
  deployments: readonly PreviewDeployment[];
}

export interface PreviewRow {
  name: string;
  rateNow: number | null;
  rateThen: number | null;
  cpuNow: number | null;
  /** Scaled by the rate; null where too few requests were seen to scale anything. */
  cpuThen: number | null;
  readyInstances: number;
}

export type PreviewWarning =
  | { kind: 'paused' }
  | { kind: 'not_ready'; name: string; reason: string }
  | { kind: 'over_capacity'; name: string; cpuThen: number; instances: number; enough: number }
  | { kind: 'more_errors'; name: string; ratio: number; baseline: string; baselineRatio: number }
  | { kind: 'never_served'; name: string }
  | { kind: 'big_jump'; name: string; points: number }
  | { kind: 'single_instance'; name: string; rateThen: number };

export interface SplitPreview {
  rows: PreviewRow[];
  /** Failed requests per minute; null where nothing failed or nothing is known. */
  errorsPerMinute: { before: number; after: number } | null;
  /** Worst first. */
  warnings: PreviewWarning[];
}

/** Requests that a use of CPU has to stand on before it is scaled. */
const MIN_CAPACITY_REQUESTS = 200;
/** Above this mean the queue grows faster than the load. */
const FULL_CPU_PERCENT = 80;
/** A jump by more points than this deserves a second look. */
const BIG_JUMP = 25;
/** Requests that an error ratio has to stand on. */
const MIN_ERROR_REQUESTS = 50;
/** One-sided 1 % point of the normal distribution. */
const SIGNIFICANT_Z = 2.326;
/** A slower flow than this waits for no instance. */
const NOTABLE_RATE = 0.5;

/** What will happen if a draft is applied, from what was measured lately. */
export function previewSplit(facts: PreviewFacts, applied: readonly Share[], draft: readonly Share[]): SplitPreview {
  const rows = facts.deployments.map((deployment) => previewRow(deployment, facts.ratePerSecond, applied, draft));
  return {
    rows,
    errorsPerMinute: previewErrors(facts, applied, draft),
    warnings: sumOf(draft) === 0 ? [{ kind: 'paused' }] : rankWarnings(facts, rows, applied, draft),
  };
}

function previewRow(
  { name, readyInstances, requests, cpuPercent }: PreviewDeployment,
  ratePerSecond: number | null,
  applied: readonly Share[],
  draft: readonly Share[],
): PreviewRow {
  const rateOf = (shares: readonly Share[]): number | null =>
    ratePerSecond === null ? null : (ratePerSecond * percentIn(shares, name)) / 100;
  const [rateNow, rateThen] = [rateOf(applied), rateOf(draft)];
  const scales = requests >= MIN_CAPACITY_REQUESTS && cpuPercent !== null && rateNow !== null && rateNow > 0;
  const cpuThen = scales && rateThen !== null ? (cpuPercent * rateThen) / rateNow : null;
  return { name, rateNow, rateThen, cpuNow: cpuPercent, cpuThen, readyInstances };
}

function previewErrors(
  { ratePerSecond, deployments }: PreviewFacts,
  applied: readonly Share[],
  draft: readonly Share[],
): SplitPreview['errorsPerMinute'] {
  if (ratePerSecond === null) return null;
  const perMinute = (shares: readonly Share[]): number =>
    deployments.reduce(
      (sum, { name, errorRatio }) => sum + ratePerSecond * 60 * (percentIn(shares, name) / 100) * (errorRatio ?? 0),
      0,
    );
  const [before, after] = [perMinute(applied), perMinute(draft)];
  return before === 0 && after === 0 ? null : { before, after };
}

const ORDER: readonly PreviewWarning['kind'][] = [
  'paused',
  'not_ready',
  'over_capacity',
  'more_errors',
  'never_served',
  'big_jump',
  'single_instance',
];

function rankWarnings(
  facts: PreviewFacts,
  rows: readonly PreviewRow[],
  applied: readonly Share[],
  draft: readonly Share[],
): PreviewWarning[] {
  const baseline = facts.deployments.find(({ name }) => name === facts.baseline);
  const warnings = facts.deployments.flatMap((deployment) => {
    const before = percentIn(applied, deployment.name);
    const points = percentIn(draft, deployment.name) - before;
    const row = rows.find(({ name }) => name === deployment.name);
    return points > 0 && row ? warningsOf(deployment, row, baseline, before, points) : [];
  });
  return warnings.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** What speaks against giving one deployment more. */
function warningsOf(
  deployment: PreviewDeployment,
  { cpuThen, rateThen, readyInstances }: PreviewRow,
  baseline: PreviewDeployment | undefined,
  before: number,
  points: number,
): PreviewWarning[] {
  const { name, ready, reason, requests } = deployment;
  if (!ready) return [{ kind: 'not_ready', name, reason }];
  const warnings: PreviewWarning[] = [];
  if (cpuThen !== null && cpuThen > FULL_CPU_PERCENT) {
    const enough = Math.ceil((readyInstances * cpuThen) / FULL_CPU_PERCENT);
    warnings.push({ kind: 'over_capacity', name, cpuThen, instances: readyInstances, enough });
  }
  if (baseline && baseline !== deployment && failsMore(deployment, baseline))
    warnings.push({
      kind: 'more_errors',
      name,
      ratio: deployment.errorRatio ?? 0,
      baseline: baseline.name,
      baselineRatio: baseline.errorRatio ?? 0,
    });
  if (requests === 0 && before === 0) warnings.push({ kind: 'never_served', name });
  if (points > BIG_JUMP && before + points > 0) warnings.push({ kind: 'big_jump', name, points });
  if (readyInstances === 1 && rateThen !== null && rateThen >= NOTABLE_RATE)
    warnings.push({ kind: 'single_instance', name, rateThen });
  return warnings;
}

/** Two-proportion z-test, one-sided: more than chance explains at one in a hundred. */
function failsMore(one: PreviewDeployment, other: PreviewDeployment): boolean {
  if (one.requests < MIN_ERROR_REQUESTS || other.requests < MIN_ERROR_REQUESTS) return false;
  const [p, q] = [one.errorRatio ?? 0, other.errorRatio ?? 0];
  const pooled = (p * one.requests + q * other.requests) / (one.requests + other.requests);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / one.requests + 1 / other.requests));
  return spread > 0 && (p - q) / spread > SIGNIFICANT_Z;
}

/** The largest change of any share, in points. */
export function largestMove(applied: readonly Share[], draft: readonly Share[]): number {
  return Math.max(0, ...draft.map(({ name, percent }) => Math.abs(percent - percentIn(applied, name))));
}

function percentIn(shares: readonly Share[], name: string): number {
  return shares.find((share) => share.name === name)?.percent ?? 0;
}
