'use client';

import { usePreferences } from '#components/layout/preferences.tsx';
import { Switch } from '#components/ui/switch.tsx';
import type { LogStreamState } from '#components/logs/use-log-stream.ts';
import { formatInteger } from '#lib/format/number.ts';

interface LogStatusProps {
  state: LogStreamState;
  shown: number;
  all: number;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  /** The link names a line that is not kept any more. */
  isLinkLost: boolean;
}

const STATES: Record<LogStreamState, string> = {
  connecting: 'connecting',
  live: 'live',
  reconnecting: 'connection lost, resuming',
  ended: 'ended',
};

/** Below the console: how many lines, whether they are current, whether the view follows them. */
export function LogStatus({ state, shown, all, follow, onFollow, isLinkLost }: LogStatusProps) {
  const { locale } = usePreferences();
  const count =
    shown === all ? formatInteger(all, locale) : `${formatInteger(shown, locale)} of ${formatInteger(all, locale)}`;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
      <span>
        {count} {all === 1 ? 'line' : 'lines'}
      </span>
      <span className={state === 'reconnecting' ? 'text-warning' : ''}>{STATES[state]}</span>
      {isLinkLost ? <span className="text-warning">The line of the link is not kept any more.</span> : null}
      <span className="ms-auto">
        <Switch isSelected={follow} onChange={onFollow}>
          <span className="text-xs">Follow</span>
        </Switch>
      </span>
    </div>
  );
}
