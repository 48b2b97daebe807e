import type { ProcessRow } from './proc-table.ts';
import { readKibFields } from './proc-table.ts';

/**
 * Memory of a group of processes as a limit should see it, in bytes: what they hold for themselves, with pages that forked workers share
 * counted once. Adding up `Rss` would count shared pages once per worker and end instances that are within their limit.
 */
export function groupMemoryBytes(rows: readonly ProcessRow[]): number {
  const [only] = rows;
  if (only === undefined) return 0;
  if (rows.length === 1) return readKibFields(only.pid, 'status', ['VmRSS'])[0] ?? 0;
  return rows.reduce((sum, row) => sum + (readKibFields(row.pid, 'smaps_rollup', ['Pss'])[0] ?? 0), 0);
}

/** The part of it that cannot be dropped when memory is short: anonymous and shared memory, not the mapped files. */
export function groupUnreclaimableBytes(rows: readonly ProcessRow[]): number {
  if (rows.length === 1) return sumOf(rows, 'status', ['RssAnon', 'RssShmem']);
  return sumOf(rows, 'smaps_rollup', ['Pss_Anon', 'Pss_Shmem']);
}

function sumOf(rows: readonly ProcessRow[], file: 'status' | 'smaps_rollup', names: readonly string[]): number {
  return rows.reduce(
    (sum, row) => sum + readKibFields(row.pid, file, names).reduce((part, value) => part + value, 0),
    0,
  );
}
