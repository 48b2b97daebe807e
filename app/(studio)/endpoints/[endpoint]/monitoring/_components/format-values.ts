import { type FormattedFigure, NO_FIGURE } from '#lib/format/figure.ts';
import { numberFormat } from '#lib/format/intl-cache.ts';

/** A rate or count in three figures: 0.13, 6.8, 34.7, 414. */
export function plainFigure(value: number | null, locale: string, unit = ''): FormattedFigure {
  if (value === null) return NO_FIGURE;
  const digits = value === 0 || value >= 100 ? 0 : value < 1 ? 2 : 1;
  const format = numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return { value: format.format(value), unit };
}

/** A value of an axis: round, so without decimals that it does not need. */
export function formatTick(value: number, locale: string): string {
  return numberFormat(locale, { maximumFractionDigits: 3 }).format(value);
}

/** `10 s`, `3 min`, `2 h`. */
export function formatStep(stepMs: number): string {
  if (stepMs < 60_000) return `${stepMs / 1_000} s`;
  if (stepMs < 3_600_000) return `${stepMs / 60_000} min`;
  return `${stepMs / 3_600_000} h`;
}
