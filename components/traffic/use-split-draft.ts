'use client';

import { useMemo, useRef, useState } from 'react';
import { parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import type { TrafficMap } from '#lib/contracts/endpoint.ts';
import {
  canMove,
  type Gesture,
  isSameSplit,
  moveShare,
  normalise,
  reachOf,
  type Share,
  sumOf,
} from '#lib/traffic/rebalance.ts';

export interface SplitDeployment {
  name: string;
  slot: number;
  /** Can be given more than it has. */
  ready: boolean;
  /** Why it cannot. */
  reason: string;
  /** Above 0 it gets copies, and no live traffic. */
  mirrorPercent: number;
}

/** A pause this long ends a gesture of the keyboard or of steppers. */
const GESTURE_MS = 1_000;

/** The drafted split: lives in the address as `?split=blue:90,green:10`, so that it survives a reload and can be sent to somebody. */
export function useSplitDraft(
  deployments: readonly Pick<SplitDeployment, 'name'>[],
  applied: TrafficMap,
  heirs: readonly string[],
) {
  const [text, setText] = useQueryState('split', parseAsString);
  const [locked, setLocked] = useState<ReadonlySet<string>>(new Set());
  const gesture = useRef<{ anchor: readonly Share[]; name: string; at: number; isDragging: boolean } | null>(null);

  const appliedShares = useMemo(
    () => deployments.map(({ name }) => ({ name, percent: applied[name] ?? 0 })),
    [deployments, applied],
  );
  const shares = useMemo(() => parseDraft(text, appliedShares) ?? appliedShares, [text, appliedShares]);
  const rules = (anchor: readonly Share[]): Gesture => ({ anchor, locked, heirs });

  const write = (next: readonly Share[]): void =>
    void setText(isSameSplit(next, appliedShares) ? null : formatDraft(next));

  /** Moves one share; the others follow from where they were when the gesture began. */
  function move(name: string, wanted: number, isDragging = false): void {
    const now = performance.now();
    const current = gesture.current;
    const goesOn = current?.name === name && (current.isDragging || now - current.at < GESTURE_MS);
    const anchor = goesOn ? current.anchor : shares;
    gesture.current = { anchor, name, at: now, isDragging };
    write(moveShare(rules(anchor), name, wanted));
  }

  return {
    shares,
    applied: appliedShares,
    locked,
    /** The address held something that is no split of these deployments. */
    isDropped: text !== null && parseDraft(text, appliedShares) === null,
    percentOf: (name: string) => percentIn(shares, name),
    appliedOf: (name: string) => percentIn(appliedShares, name),
    isDraft: !isSameSplit(shares, appliedShares),
    sum: sumOf(shares),
    reach: (name: string) => reachOf(rules(shares), name),
    canMove: (name: string) => canMove(rules(shares), name),
    move,
    endGesture: () => void (gesture.current = null),
    toggleLock: (name: string) => setLocked((held) => toggled(held, name)),
    /** Typed by hand: the others stay, so the sum may be off until it is brought to 100. */
    type: (name: string, percent: number) =>
      write(shares.map((share) => (share.name === name ? { name, percent } : share))),
    normalise: () => write(normalise(shares)),
    /** @returns brings the draft back */
    reset: (): (() => void) => {
      const dropped = text;
      gesture.current = null;
      setLocked(new Set());
      void setText(null);
      return () => void setText(dropped);
    },
  };
}

export type SplitDraft = ReturnType<typeof useSplitDraft>;

function percentIn(shares: readonly Share[], name: string): number {
  return shares.find((share) => share.name === name)?.percent ?? 0;
}

function toggled(set: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}

function formatDraft(shares: readonly Share[]): string {
  return shares.map(({ name, percent }) => `${name}:${percent}`).join(',');
}

/** The draft of an address; null where it names other deployments than there are, or is no split. */
function parseDraft(text: string | null, applied: readonly Share[]): Share[] | null {
  if (text === null) return null;
  const typed = new Map(text.split(',').map((part) => part.split(':') as [string, string | undefined]));
  const shares = applied.map(({ name }) => ({ name, percent: Number(typed.get(name) ?? 0) }));
  const known = [...typed.keys()].every((name) => applied.some((share) => share.name === name));
  return known && shares.every(({ percent }) => Number.isInteger(percent) && percent >= 0 && percent <= 100)
    ? shares
    : null;
}
