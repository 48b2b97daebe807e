import type { FormattedFigure } from './figure.ts';
import { numberFormat } from './intl-cache.ts';

const SI = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const IEC = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function scaled(value: number, base: number, units: readonly string[], locale: string): FormattedFigure {
  let size = value;
  let index = 0;
  while (Math.abs(size) >= base && index < units.length - 1) {
    size /= base;
    index += 1;
  }
  const digits = index === 0 || size >= 100 || Number.isInteger(size) ? 0 : 1;
  return {
    value: numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(size),
    unit: units[index] ?? 'B',
  };
}

/** Files, uploads and network: powers of 1000. */
export function formatBytes(bytes: number, locale: string): FormattedFigure {
  return scaled(bytes, 1000, SI, locale);
}

/** Memory: powers of 1024. */
export function formatMemory(bytes: number, locale: string): FormattedFigure {
  return scaled(bytes, 1024, IEC, locale);
}

export function formatMemoryMib(mib: number, locale: string): FormattedFigure {
  return formatMemory(mib * 1024 * 1024, locale);
}
