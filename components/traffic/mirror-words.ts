import type { Disagreement } from '#lib/contracts/comparison-rules.ts';
import type { DisagreeingPair, MirrorTotals } from '#lib/contracts/mirror-comparison.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInteger, formatRatio } from '#lib/format/number.ts';

const DIFFERENCES: Readonly<Record<Disagreement, string>> = {
  status: 'Another status',
  structure: 'Another structure',
  label: 'Another label',
  number: 'A number is off',
};

const COUNTED: Readonly<Record<Disagreement | keyof MirrorTotals['not_compared'], string>> = {
  status: 'another status',
  structure: 'another structure',
  label: 'another label',
  number: 'a number off',
  no_answer: 'no whole answer',
  stream: 'streams',
  encoded: 'compressed',
  too_large: 'over 64 KiB',
  not_json: 'not JSON',
};

/** `Another label`, `A number is off by up to 12.00 %`. */
export function describeDifference({ reason, max_difference: difference }: DisagreeingPair, locale: string): string {
  if (reason !== 'number' || difference === null) return DIFFERENCES[reason];
  return `${DIFFERENCES.number} by up to ${figureText(formatRatio(difference, locale))}`;
}

/** `3 another label, 1 a number off`; empty where nothing was counted. */
export function describeCounts(
  counts: Readonly<Partial<Record<keyof typeof COUNTED, number>>>,
  locale: string,
): string {
  const entries = Object.entries(counts) as [keyof typeof COUNTED, number][];
  return entries
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${formatInteger(count, locale)} ${COUNTED[kind]}`)
    .join(', ');
}
