import type { FormattedFigure } from './figure.ts';
import { numberFormat } from './intl-cache.ts';

const MICROS = 1_000_000;

function currency(locale: string, code: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return numberFormat(locale, { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol', ...options });
}

/** An amount: $61.40. Amounts below a cent that are not zero keep four decimals, so that nothing reads as free that is not. */
export function formatMoney(micros: number, code: string, locale: string): string {
  const digits = needsFourDecimals(micros) ? 4 : 2;
  return currency(locale, code, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    micros / MICROS,
  );
}

function needsFourDecimals(micros: number): boolean {
  return micros !== 0 && Math.abs(micros) < 10_000;
}

/** Amounts of one column: four decimals for all where one of them needs them, so that points align. */
export function formatMoneyColumn(column: readonly number[], code: string, locale: string): (micros: number) => string {
  const digits = column.some(needsFourDecimals) ? 4 : 2;
  const format = currency(locale, code, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (micros) => format.format(micros / MICROS);
}

/** Price or run rate per hour in a column: always four decimals, so that points align. */
export function formatHourlyRate(microsPerHour: number, code: string, locale: string): FormattedFigure {
  const value = currency(locale, code, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(
    microsPerHour / MICROS,
  );
  return { value, unit: '/h' };
}

/** Price or run rate per hour in a sentence: four significant digits, $1.048/h. */
export function formatHourlyRateInProse(microsPerHour: number, code: string, locale: string): FormattedFigure {
  const value = currency(locale, code, {
    minimumFractionDigits: 2,
    maximumSignificantDigits: 4,
    roundingPriority: 'morePrecision',
  }).format(microsPerHour / MICROS);
  return { value, unit: '/h' };
}

/**
 * Reads a typed price per hour into micro-units without going through a binary fraction.
 * @returns null where the text is not a number of at most six decimals
 */
export function parseMicros(text: string): number | null {
  const match = /^(\d{1,9})(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (!match) return null;
  return Number(match[1]) * MICROS + Number((match[2] ?? '').padEnd(6, '0'));
}

/** Micro-units as the plain decimal that `parseMicros` reads: 169000 is 0.169. */
export function microsToDecimal(micros: number): string {
  const whole = Math.floor(micros / MICROS);
  const part = String(micros % MICROS)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return part === '' ? String(whole) : `${whole}.${part}`;
}
