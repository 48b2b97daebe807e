import { useSyncExternalStore } from 'react';

const subscribe = (): (() => void) => () => undefined;

/** Where this page came from, for programs that call the API there; empty while it is rendered on the server. */
export function useOrigin(): string {
  return useSyncExternalStore(
    subscribe,
    () => location.origin,
    () => '',
  );
}
