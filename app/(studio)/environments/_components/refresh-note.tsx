'use client';

import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Note } from '#components/ui/note.tsx';
import type { EnvironmentRefresh } from '#lib/contracts/environment.ts';
import { formatInstant } from '#lib/format/time.ts';
import { countOf } from './environment-words.ts';

/** When the base of a curated environment was refreshed and when it is again, and why that failed. */
export function RefreshNote({ refresh }: { refresh: EnvironmentRefresh }) {
  const style = useTimeStyle();
  const at = (instant: string | null): string => (instant === null ? 'soon' : formatInstant(instant, style));
  if (refresh.state === 'failed') {
    return (
      <Note tone="warning" role="status">
        <b className="font-medium">
          The refresh failed{refresh.failures > 1 ? ` ${refresh.failures} times in a row` : ''}.
        </b>{' '}
        {refresh.error?.detail} It is tried again {at(refresh.next_at)}; until it works, deployments get the build that
        there is, of {at(refresh.last_at)}.
      </Note>
    );
  }
  return (
    <p className="text-xs text-muted">
      {refresh.last_at === null ? null : `Base refreshed ${at(refresh.last_at)}. `}
      {refresh.state === 'building'
        ? 'It is being built anew now, beside the build in use.'
        : refresh.state === 'waiting'
          ? `It is built anew on ${at(refresh.next_at)}, and every ${countOf(Math.round(refresh.every_days * 100) / 100, 'day')}.`
          : `Once it has been built here, it is built anew every ${countOf(Math.round(refresh.every_days * 100) / 100, 'day')}.`}
    </p>
  );
}
