import { type FormattedFigure, NO_FIGURE } from './figure.ts';
import { numberFormat } from './intl-cache.ts';

/** Latency: 0.42 ms, 8.4 ms, 184 ms, 1.24 s, 82 s. */
export function formatLatency(ms: number | null, locale: string): FormattedFigure {
  if (ms === null) return NO_FIGURE;
  const seconds = ms >= 999.5;
  const value = seconds ? ms / 1000 : ms;
  const digits = seconds ? (value < 10 ? 2 : value < 100 ? 1 : 0) : value < 1 ? 2 : value < 10 ? 1 : 0;
  return {
    value: numberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value),
    unit: seconds ? 's' : 'ms',
  };
}

/** Elapsed time as on a stop watch: 0:07, 22:10, 1:02:03. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** From the usual to the slow case, `3 min–5 min`; one figure where both print alike. */
export function formatUsual({ p50, p90 }: { p50: number; p90: number }, format: (ms: number) => string): string {
  const [usual, slow] = [format(p50), format(p90)];
  return usual === slow ? usual : `${usual}–${slow}`;
}

const SPANS = [
  { ms: 86_400_000, unit: 'd' },
  { ms: 3_600_000, unit: 'h' },
  { ms: 60_000, unit: 'min' },
  { ms: 1_000, unit: 's' },
] as const;

/** A span in its largest unit: 41 d, 3 h, 16 min, 12 s. */
export function formatSpan(ms: number): string {
  const span = SPANS.find((one) => ms >= one.ms);
  return span ? `${Math.floor(ms / span.ms)} ${span.unit}` : '0 s';
}
