import type { InstanceType } from '#lib/contracts/instance-type.ts';

export type FitVerdict =
  /** `memoryShare`: estimated use of the instance's memory, 0 to 1; null while the model's size is not known. */
  | { kind: 'fits'; memoryShare: number | null }
  /** It runs, with less than the type's name says. */
  | { kind: 'smaller'; reason: string }
  | { kind: 'unfit'; reason: string };

const MIB = 1024 * 1024;
/** Resident memory of the model server before it opens a model, measured. */
const SERVER_MIB = 160;
/** onnxruntime holds the weights of the file beside its own prepared copy while it loads. */
const COPIES_OF_WEIGHTS = 2;

/** Estimated memory of one instance that serves a model of this size. */
export function neededMib(modelBytes: number): number {
  return Math.ceil(SERVER_MIB + (modelBytes / MIB) * COPIES_OF_WEIGHTS);
}

/** What this host has to give; `/info` tells it. */
export interface HostSize {
  cpu_count: number;
  memory_mib: number;
}

/** What a fit is judged by. */
export interface FitFacts {
  host: HostSize | null;
  modelBytes: number | null;
}

/** Whether an instance type can serve the model here: the API's own word first, then the estimate. */
export function fitVerdict(type: InstanceType, { host, modelBytes }: FitFacts): FitVerdict {
  if (!type.fits_host) return { kind: 'unfit', reason: type.fit_reason };
  const memoryMib = Math.min(type.memory_mib, host?.memory_mib ?? type.memory_mib);
  const share = modelBytes === null ? null : neededMib(modelBytes) / memoryMib;
  if (share !== null && share > 1) {
    return { kind: 'unfit', reason: `The model needs about ${Math.ceil((share * memoryMib) / 102.4) / 10} GiB.` };
  }
  const isSmaller = host !== null && (type.cpu > host.cpu_count || type.memory_mib > host.memory_mib);
  return isSmaller ? { kind: 'smaller', reason: type.fit_reason } : { kind: 'fits', memoryShare: share };
}

const RANK = { fits: 0, smaller: 1, unfit: 2 } as const;

/** What fits first, then by price. */
export function sortByFit(types: readonly InstanceType[], facts: FitFacts): InstanceType[] {
  const rank = (type: InstanceType): number => RANK[fitVerdict(type, facts).kind];
  return types.toSorted(
    (a, b) => rank(a) - rank(b) || a.price_per_hour_micros - b.price_per_hour_micros || (a.name < b.name ? -1 : 1),
  );
}

/** The cheapest that this host can give in full and that holds the model. */
export function suggestInstanceType(types: readonly InstanceType[], facts: FitFacts): InstanceType | undefined {
  return sortByFit(types, facts).find((type) => fitVerdict(type, facts).kind === 'fits');
}
