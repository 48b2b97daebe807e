import type { EndpointLimits } from '#lib/contracts/endpoint.ts';
import { parseLimit } from './settings-form.ts';

const MIB = 2 ** 20;

/** Limits as they stand in fields: text, empty for none. */
export interface LimitTexts {
  rate: string;
  burst: string;
  concurrency: string;
  bodyMib: string;
}

export type LimitFaults = Partial<Record<keyof LimitTexts, string>>;
type Limits = Omit<EndpointLimits, 'per_key'>;

export function describeLimits(limits: Limits | null | undefined): LimitTexts {
  return {
    rate: String(limits?.requests_per_second ?? ''),
    burst: String(limits?.burst ?? ''),
    concurrency: String(limits?.concurrency ?? ''),
    bodyMib: limits?.max_body_bytes === undefined ? '' : String(limits.max_body_bytes / MIB),
  };
}

/** What is wrong with each field, in the words that stand below it. */
export function findLimitFaults({ rate, burst, concurrency, bodyMib }: LimitTexts): LimitFaults {
  const parsed = { rate: parseLimit(rate), bodyMib: parseLimit(bodyMib) };
  const whole = { burst: parseLimit(burst), concurrency: parseLimit(concurrency) };
  const faults: LimitFaults = {};
  for (const [field, value] of Object.entries(parsed) as [keyof typeof parsed, number | null | 'invalid'][]) {
    if (value === 'invalid') faults[field] = 'Write a number above 0, or leave it empty';
  }
  for (const [field, value] of Object.entries(whole) as [keyof typeof whole, number | null | 'invalid'][]) {
    if (value !== null && !Number.isSafeInteger(value))
      faults[field] = 'Write a whole number above 0, or leave it empty';
  }
  if (faults.burst === undefined && whole.burst !== null && parsed.rate === null)
    faults.burst = 'Needs requests per second: a burst is what may come before that rate counts';
  return faults;
}

/** Limits of fields without faults; null where all are empty. */
export function parseLimits({ rate, burst, concurrency, bodyMib }: LimitTexts): Limits | null {
  const given = {
    ...ifGiven('requests_per_second', rate),
    ...ifGiven('burst', burst),
    ...ifGiven('concurrency', concurrency),
    ...ifGiven('max_body_bytes', bodyMib, (mib) => Math.round(mib * MIB)),
  };
  return Object.keys(given).length === 0 ? null : given;
}

/** Both kinds of limits as one patch; null where there are none. */
export function joinLimits(own: Limits | null, perKey: Limits | null): EndpointLimits | null {
  if (perKey === null) return own;
  return { ...own, per_key: perKey };
}

function ifGiven<Name extends string>(
  name: Name,
  text: string,
  convert: (value: number) => number = (value) => value,
): { [Key in Name]?: number } {
  const value = parseLimit(text);
  return typeof value === 'number' ? ({ [name]: convert(value) } as { [Key in Name]: number }) : {};
}
