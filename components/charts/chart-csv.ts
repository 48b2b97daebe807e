import type { ChartSeries, TimeGrid } from './chart-series.ts';
import { bucketStart } from './time-grid.ts';

export interface CsvChart {
  metric: string;
  unit: string;
  grid: TimeGrid;
  series: readonly ChartSeries[];
}

const HEAD = ['timestamp_iso', 'zone', 'deployment', 'metric', 'series', 'unit', 'value', 'n'];

/** Charts as one long table: a line for each value, empty where there is none. Times are UTC. */
export function chartsToCsv(charts: readonly CsvChart[]): string {
  const lines = charts.flatMap(({ metric, unit, grid, series }) =>
    series.flatMap(({ label, values, samples, deployment }) =>
      values.map((value, index) => [
        new Date(bucketStart(grid, index)).toISOString(),
        'UTC',
        deployment ?? '',
        metric,
        label,
        unit,
        value === null ? '' : String(value),
        samples ? String(samples[index] ?? 0) : '',
      ]),
    ),
  );
  return toCsv([HEAD, ...lines]);
}

/** RFC 4180. Cells that a spreadsheet would take for a formula get an apostrophe. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

function csvCell(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text to the browser as a file. */
export function downloadText(name: string, text: string, type = 'text/csv;charset=utf-8'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
