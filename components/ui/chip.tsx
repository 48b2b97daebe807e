import { Check, CircleAlert, CircleDashed, Clock, Moon, Pause, RefreshCw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export type ChipTone = 'neutral' | 'plain' | 'accent' | 'warning' | 'danger';

const TONES: Record<ChipTone, string> = {
  neutral: 'border-line bg-raised font-medium text-text',
  plain: 'border-line bg-transparent font-normal text-muted',
  accent: 'border-accent-line bg-accent-wash font-medium text-accent',
  warning: 'border-warning-line bg-warning-wash font-medium text-warning',
  danger: 'border-danger-line bg-danger-wash font-medium text-danger',
};

export interface ChipProps {
  children: ReactNode;
  icon?: ReactNode;
  tone?: ChipTone;
  size?: 'sm' | 'md';
  className?: string;
}

export function Chip({ children, icon, tone = 'neutral', size = 'md', className }: ChipProps) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1.25 rounded-sm border align-middle leading-none whitespace-nowrap',
        size === 'sm' ? 'h-4.5 px-1.25 text-2xs' : 'h-5.5 px-1.75 text-xs',
        TONES[tone],
        className,
      )}
    >
      {icon}
      {children}
    </span>
  );
}

/** A word that somebody attached to an object. */
export function Tag({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex h-4.5 items-center rounded-sm bg-fill px-1.25 text-2xs whitespace-nowrap text-muted">
      {children}
    </span>
  );
}

/** States for people. Each has a word, a mark and a colour for the mark alone. */
const STATUSES = {
  healthy: { word: 'Healthy', icon: Check, colour: 'text-success' },
  ready: { word: 'Ready', icon: Check, colour: 'text-success' },
  succeeded: { word: 'Succeeded', icon: Check, colour: 'text-success' },
  updating: { word: 'Updating', icon: RefreshCw, colour: 'text-accent' },
  creating: { word: 'Creating', icon: RefreshCw, colour: 'text-accent' },
  deleting: { word: 'Deleting', icon: RefreshCw, colour: 'text-accent' },
  running: { word: 'Running', icon: RefreshCw, colour: 'text-accent' },
  starting: { word: 'Starting', icon: RefreshCw, colour: 'text-accent' },
  degraded: { word: 'Degraded', icon: CircleAlert, colour: 'text-warning' },
  failed: { word: 'Failed', icon: X, colour: 'text-danger' },
  canceled: { word: 'Canceled', icon: X, colour: 'text-muted' },
  superseded: { word: 'Superseded', icon: X, colour: 'text-muted' },
  paused: { word: 'Paused', icon: Pause, colour: 'text-muted' },
  no_traffic: { word: 'No traffic', icon: Pause, colour: 'text-muted' },
  empty: { word: 'Empty', icon: CircleDashed, colour: 'text-muted' },
  scaled_to_zero: { word: 'Scaled to zero', icon: Moon, colour: 'text-muted' },
  queued: { word: 'Queued', icon: Clock, colour: 'text-muted' },
  pending: { word: 'Pending', icon: Clock, colour: 'text-muted' },
} as const;

export type Status = keyof typeof STATUSES;

/** The word of each state. */
export const STATUS_WORDS = Object.fromEntries(
  Object.entries(STATUSES).map(([status, { word }]) => [status, word]),
) as Record<Status, string>;

/** The mark alone, named by its word, where the word would not fit. */
export function StatusMark({ status, size = 14 }: { status: Status; size?: number }) {
  const { icon: Icon, colour, word } = STATUSES[status];
  return <Icon size={size} strokeWidth={2.25} className={colour} role="img" aria-label={word} />;
}

export function StatusChip({ status, word, size }: { status: Status; word?: string; size?: 'sm' | 'md' }) {
  const known = STATUSES[status];
  const Icon = known.icon;
  return (
    <Chip
      icon={<Icon size={13} strokeWidth={2.25} className={cx('-ms-px', known.colour)} aria-hidden="true" />}
      {...(size ? { size } : {})}
    >
      {word ?? known.word}
    </Chip>
  );
}
