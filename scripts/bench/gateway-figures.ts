/** The arithmetic and the tables of the gateway bench. */

/** One run of load against one gateway. Durations in microseconds. */
export interface LoadFigures {
  /** Requests that were answered; events, where streams are measured. */
  requests: number;
  requestsPerSecond: number;
  p50Us: number;
  p99Us: number;
  p999Us: number;
  failures: number;
  /** The first of them, for the message. */
  firstFailure: string | null;
}

/** A run with what it cost the gateway; null where there was none between. */
export interface Measurement extends LoadFigures {
  userUsPerRequest: number | null;
  systemUsPerRequest: number | null;
}

/** All rounds of one gateway in one case. */
export interface CellRuns {
  /** What the row is called, for instance `small POST, 64 clients`. */
  label: string;
  peer: string;
  rounds: readonly Measurement[];
}

export interface Column {
  title: string;
  align: 'left' | 'right';
}

export const LOAD_COLUMNS: readonly Column[] = [
  { title: 'case', align: 'left' },
  { title: 'gateway', align: 'left' },
  ...['requests/s', '× nginx', 'user µs', 'sys µs', 'CPU × nginx', 'p50 ms', 'p99 ms', 'p99.9 ms', 'p99 × nginx'].map(
    (title) => ({ title, align: 'right' as const }),
  ),
  { title: 'added µs', align: 'right' },
];

/** Value below which a share of all values lies, by nearest rank; NaN of nothing. @param sorted ascending */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(sorted.length * share);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The figures of latencies that were all kept. */
export function summarize(latenciesUs: readonly number[]): Pick<LoadFigures, 'p50Us' | 'p99Us' | 'p999Us'> {
  const sorted = Float64Array.from(latenciesUs).sort();
  return { p50Us: quantile(sorted, 0.5), p99Us: quantile(sorted, 0.99), p999Us: quantile(sorted, 0.999) };
}

/** Other order in each round, so that no gateway always has the same one before it. */
export function rotate<T>(values: readonly T[], by: number): T[] {
  const start = values.length === 0 ? 0 : by % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}

/** Rows under `LOAD_COLUMNS`: medians over the rounds, and ratios of medians within one case. */
export function loadRows(cells: readonly CellRuns[]): string[][] {
  return cells.map((cell) => {
    const find = (name: string) => cells.find(({ label, peer }) => label === cell.label && peer === name);
    const direct = find('direct');
    // What has no gateway is not compared with one.
    const nginx = cell === direct ? undefined : find('nginx');
    const [rate, p50, p99] = [requestsPerSecond, p50Us, p99Us].map((pick) => medianOf(cell, pick)) as [
      number,
      number,
      number,
    ];
    return [
      cell.label,
      cell.peer,
      String(Math.round(rate)),
      fixed(rate / medianOf(nginx, requestsPerSecond), 2),
      fixed(
        medianOf(cell, (one) => one.userUsPerRequest),
        1,
      ),
      fixed(
        medianOf(cell, (one) => one.systemUsPerRequest),
        1,
      ),
      fixed(medianOf(cell, cpuUsPerRequest) / medianOf(nginx, cpuUsPerRequest), 2),
      fixed(p50 / 1000, 3),
      fixed(p99 / 1000, 3),
      fixed(medianOf(cell, (one) => one.p999Us) / 1000, 3),
      fixed(p99 / medianOf(nginx, p99Us), 2),
      cell === direct ? '–' : fixed(p50 - medianOf(direct, p50Us), 0),
    ];
  });
}

export function cpuUsPerRequest({ userUsPerRequest, systemUsPerRequest }: Measurement): number {
  return (userUsPerRequest ?? Number.NaN) + (systemUsPerRequest ?? Number.NaN);
}

export const requestsPerSecond = (one: Measurement): number => one.requestsPerSecond;
const p50Us = (one: Measurement): number => one.p50Us;
const p99Us = (one: Measurement): number => one.p99Us;

/** NaN where nothing was measured. */
export function medianOf(cell: CellRuns | undefined, pick: (one: Measurement) => number | null): number {
  return median((cell?.rounds ?? []).map((one) => pick(one) ?? Number.NaN));
}

/** A dash stands for what is not there. */
export function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

/** A Markdown table whose columns line up, as the formatter of this repository leaves it. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(3, title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${columns
      .map(({ align }, index) => {
        const [cell, width] = [cells[index] ?? '', widths[index] as number];
        return align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')} |`;
  const rule = columns.map(({ align }, index) => {
    const width = widths[index] as number;
    return align === 'left' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
  });
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join('\n');
}

/** Puts a text between the two marks of a name. @throws Error where the marks are not there */
export function replaceBetweenMarks(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`there are no marks "${begin}" and "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
