import { type FormattedFigure, NO_FIGURE } from './figure.ts';
import { numberFormat } from './intl-cache.ts';

export function formatInteger(value: number, locale: string): string {
  return numberFormat(locale, { maximumFractionDigits: 0 }).format(value);
}

/** Number with as many decimals as it needs at its size: 0.042, 3.7, 64.9, 412.6, 12,840. */
export function formatDecimal(value: number, locale: string): string {
  const size = Math.abs(value);
  const digits = size === 0 || size >= 1000 ? 0 : size < 1 ? 2 : 1;
  return numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** Requests per second from a rate per minute, or from requests in a span. */
export function formatRequestRate(perSecond: number | null, locale: string): FormattedFigure {
  if (perSecond === null) return NO_FIGURE;
  if (perSecond === 0) return { value: '0', unit: 'req/s' };
  if (perSecond < 0.005)
    return { value: `<${numberFormat(locale, { maximumFractionDigits: 2 }).format(0.01)}`, unit: 'req/s' };
  return { value: formatDecimal(perSecond, locale), unit: 'req/s' };
}

/** Share of a whole from a ratio of 0 to 1; two decimals below one percent and for errors. */
export function formatRatio(ratio: number | null, locale: string, decimals = 2): FormattedFigure {
  if (ratio === null) return NO_FIGURE;
  const percent = ratio * 100;
  const digits = percent >= 100 || percent === 0 ? 0 : decimals;
  return {
    value: numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(percent),
    unit: '%',
  };
}
