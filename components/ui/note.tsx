import { CircleAlert, Info, Lock, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export type NoteTone = 'neutral' | 'locked' | 'warning' | 'danger';

const TONES = {
  neutral: { box: 'border-line bg-raised', mark: 'text-muted', icon: Info },
  locked: { box: 'border-line bg-raised', mark: 'text-muted', icon: Lock },
  warning: { box: 'border-warning-line bg-warning-wash', mark: 'text-warning', icon: TriangleAlert },
  danger: { box: 'border-danger-line bg-danger-wash', mark: 'text-danger', icon: CircleAlert },
} as const;

export interface NoteProps {
  tone?: NoteTone;
  icon?: ReactNode;
  children: ReactNode;
  actions?: ReactNode;
  /** `alert` interrupts, `status` waits its turn; without it nothing is announced. */
  role?: 'alert' | 'status';
  className?: string;
}

/** A boxed remark. Red and amber only where somebody must act. */
export function Note({ tone = 'neutral', icon, children, actions, role, className }: NoteProps) {
  const look = TONES[tone];
  const Icon = look.icon;
  return (
    <div role={role} className={cx('flex gap-2.5 rounded-md border px-3 py-2.5', look.box, className)}>
      <span className={cx('mt-0.5 shrink-0', look.mark)}>{icon ?? <Icon size={16} aria-hidden="true" />}</span>
      <div className="min-w-0 flex-1">
        {children}
        {actions ? <div className="mt-2 flex flex-wrap gap-2">{actions}</div> : null}
      </div>
    </div>
  );
}
