import type { CSSProperties } from 'react';
import { cx } from './class-names.ts';
import { slotColour } from './deployment.tsx';

export interface SplitShare {
  name: string;
  slot: number;
  /** Percent, or any weight: segments are drawn in proportion. */
  share: number;
}

export interface SplitBarProps {
  shares: readonly SplitShare[];
  /** 8 px in rows, 12 px for what is desired, 6 px for what is measured. */
  height?: 'mini' | 'desired' | 'measured';
  /** Gateways are still confirming. */
  propagating?: boolean;
  /** Read out instead of the list of shares. */
  label?: string;
  className?: string;
}

const HEIGHTS = { mini: 'h-2', desired: 'h-3', measured: 'h-1.5' };

/** Who gets which share. Nothing live is drawn hatched in grey. */
export function SplitBar({ shares, height = 'mini', propagating = false, label, className }: SplitBarProps) {
  const live = shares.filter((share) => share.share > 0);
  const words = live.map((share) => `${share.name} ${share.share} %`).join(', ') || 'no live traffic';
  return (
    <span
      role="img"
      aria-label={label ?? words}
      title={label ?? words}
      className={cx('flex gap-0.5', HEIGHTS[height], propagating && 'animate-propagating', className)}
    >
      {live.length === 0 ? (
        <span className="hatch flex-1 rounded-xs" style={{ '--c': 'var(--color-control)' } as CSSProperties} />
      ) : (
        live.map((share) => (
          <span
            key={share.name}
            className="min-w-0.5 rounded-[1px] transition-[flex-grow] duration-200 first:rounded-s-xs last:rounded-e-xs forced-colors:border"
            style={{ flex: `${share.share} 0 0`, background: slotColour(share.slot) }}
          />
        ))
      )}
    </span>
  );
}
