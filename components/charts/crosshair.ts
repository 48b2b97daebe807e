'use client';

import { createContext, useContext, useSyncExternalStore } from 'react';

export interface CrosshairState {
  /** Instant under the pointer, in epoch milliseconds; null where it is on no chart. */
  at: number | null;
  /** The chart that it is on. */
  chart: string | null;
}

export interface Crosshair {
  get(): CrosshairState;
  set(next: CrosshairState): void;
  subscribe(listener: () => void): () => void;
}

const NOWHERE: CrosshairState = { at: null, chart: null };

/** One hovered moment for all charts of a page. Outside React's state, so that moving the pointer renders lines and figures and no chart. */
export function createCrosshair(): Crosshair {
  let state = NOWHERE;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set(next) {
      if (next.at === state.at && next.chart === state.chart) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const CrosshairContext = createContext<Crosshair>(createCrosshair());
export const CrosshairProvider = CrosshairContext.Provider;

export function useCrosshair(): Crosshair {
  return useContext(CrosshairContext);
}

export function useCrosshairState(): CrosshairState {
  const crosshair = useCrosshair();
  return useSyncExternalStore(crosshair.subscribe, crosshair.get, () => NOWHERE);
}
