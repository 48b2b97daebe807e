import type { CSSProperties, ReactNode } from 'react';
import { cx } from './class-names.ts';

/** Slots of the identity palette. A deployment keeps its slot for life; from the seventh on they share grey. */
export const DEPLOYMENT_SLOTS = 6;

/** SVG dash pattern of a slot's lines in charts: the second cue besides the colour. */
export const SLOT_DASHES = ['', '6 3', '2 3', '7 3 2 3', '11 4', '4 2'] as const;

export function slotColour(slot: number): string {
  return slot >= 1 && slot <= DEPLOYMENT_SLOTS ? `var(--color-dep-${slot})` : 'var(--color-dep-rest)';
}

export function slotDash(slot: number): string {
  return SLOT_DASHES[slot - 1] ?? '1 3';
}

/** Sets `--c` to the slot's colour for `hatch`, `bg-(--c)` and the like. */
export function slotStyle(slot: number): CSSProperties {
  return { '--c': slotColour(slot) } as CSSProperties;
}

const SHAPES: readonly ReactNode[] = [
  <circle key="1" cx="5" cy="5" r="4.2" />,
  <rect key="2" x="1.2" y="1.2" width="7.6" height="7.6" rx=".8" />,
  <path key="3" d="M5 .9 9.6 9H.4z" />,
  <path key="4" d="M5 .4 9.6 5 5 9.6.4 5z" />,
  <path key="5" d="M3.4.8h3.2v2.6h2.6v3.2H6.6v2.6H3.4V6.6H.8V3.4h2.6z" />,
  <path key="6" d="M5 9.1.4 1h9.2z" />,
];
const REST_SHAPE = <circle cx="5" cy="5" r="3.4" fill="none" strokeWidth="1.6" stroke="currentColor" />;

/** Coloured shape that stands for a deployment. Decorative: its name is beside it. */
export function DeploymentMark({ slot, size = 10 }: { slot: number; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 10 10"
      className="inline-block shrink-0"
      style={{ color: slotColour(slot), fill: 'currentColor' }}
      aria-hidden="true"
    >
      {SHAPES[slot - 1] ?? REST_SHAPE}
    </svg>
  );
}

export function DeploymentName({ name, slot, className }: { name: ReactNode; slot: number; className?: string }) {
  return (
    <span className={cx('inline-flex items-center gap-1.5 font-medium whitespace-nowrap', className)}>
      <DeploymentMark slot={slot} />
      {name}
    </span>
  );
}
