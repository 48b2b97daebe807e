import { readableSearch } from './query-parameters.ts';

export type HistoryMode = 'push' | 'replace';

/**
 * What the page has written into its address and the router has not taken over yet. Pages read it first: the router hands a new address
 * on as a transition, too late for a field that is typed into or a thumb that is dragged.
 */
interface Written {
  path: string;
  search: string;
}

/** Browsers refuse more than about a hundred new addresses in ten seconds. */
const WRITE_EVERY_MS = 100;

let written: Written | null = null;
let lastWriteAt = Number.NEGATIVE_INFINITY;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function subscribeToWritten(listener: () => void): () => void {
  if (listeners.size === 0) addEventListener('popstate', forget);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener('popstate', forget);
  };
}

export function writtenSearch(): Written | null {
  return written;
}

/** The search of this page as it will be once everything is written. */
export function latestSearch(): string {
  return written?.path === location.pathname ? written.search : new URLSearchParams(location.search).toString();
}

/** Shows the search to the page at once, and puts it into the address at once or, in a burst, at the end of the pause. */
export function writeSearch(search: string, mode: HistoryMode): void {
  written = { path: location.pathname, search };
  const wait = mode === 'push' ? 0 : lastWriteAt + WRITE_EVERY_MS - performance.now();
  if (wait <= 0) putIntoAddress(mode);
  else timer ??= setTimeout(putIntoAddress, wait, 'replace');
  tell();
}

/** To be called when the router has a new address: from then on its word is the address, unless more was written since. */
export function settleSearch(path: string, search: string): void {
  if (!written) return;
  const isElsewhere = path !== written.path;
  const isCaughtUp = timer === undefined && search === new URLSearchParams(location.search).toString();
  if (isElsewhere || isCaughtUp) forget();
}

function putIntoAddress(mode: HistoryMode): void {
  clearTimeout(timer);
  timer = undefined;
  if (written?.path !== location.pathname) return;
  lastWriteAt = performance.now();
  const query = written.search && `?${readableSearch(written.search)}`;
  const url = `${location.pathname}${query}${location.hash}`;
  if (mode === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
}

function forget(): void {
  clearTimeout(timer);
  timer = undefined;
  written = null;
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}
