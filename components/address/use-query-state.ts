'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import {
  type AnyParameter,
  type Parameters,
  type PatchOf,
  patchSearch,
  readParameter,
  type ValueOf,
} from './query-parameters.ts';
import {
  type HistoryMode,
  latestSearch,
  settleSearch,
  subscribeToWritten,
  writeSearch,
  writtenSearch,
} from './written-search.ts';

interface WriteOptions {
  /** `push` makes a step for the back button. */
  history?: HistoryMode;
}

/**
 * State of a page that lives in the search of its address, so that a link shows the same. The server is not asked again when it changes.
 *
 * @param parameters must be the same object on every render
 */
export function useQueryStates<const P extends Parameters>(parameters: P, options?: WriteOptions) {
  const search = useSearch();
  const history = options?.history ?? 'replace';
  const state = useMemo(() => {
    const read = new URLSearchParams(search);
    const entries = Object.entries(parameters).map(([name, given]) => [name, readParameter(read, name, given)]);
    return Object.fromEntries(entries) as { [K in keyof P]: ValueOf<P[K]> };
  }, [parameters, search]);
  const setState = useCallback(
    (patch: { [K in keyof P]?: PatchOf<P[K]> }, once?: WriteOptions): void =>
      writeSearch(patchSearch(latestSearch(), parameters, patch), once?.history ?? history),
    [parameters, history],
  );
  return [state, setState] as const;
}

/** One parameter of the address. */
export function useQueryState<P extends AnyParameter>(name: string, parameter: P) {
  const value = readParameter(new URLSearchParams(useSearch()), name, parameter);
  const setValue = (next: PatchOf<P>): void =>
    writeSearch(patchSearch(latestSearch(), { [name]: parameter }, { [name]: next }), 'replace');
  return [value, setValue] as const;
}

function useSearch(): string {
  const path = usePathname();
  const settled = useSearchParams().toString();
  const written = useSyncExternalStore(subscribeToWritten, writtenSearch, () => null);
  useEffect(() => settleSearch(path, settled), [path, settled]);
  return written?.path === path ? written.search : settled;
}
