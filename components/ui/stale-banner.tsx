import { Unplug } from 'lucide-react';
import { Note } from './note.tsx';

/** Live updates are lost. `since` is the printed time of the data on the page. */
export function StaleBanner({ since, offline = false }: { since: string; offline?: boolean }) {
  return (
    <Note tone="warning" role="status" icon={<Unplug size={16} aria-hidden="true" />}>
      {offline
        ? `The browser is offline, data from ${since}. Changes to traffic wait until it is back.`
        : `Live updates paused, data from ${since}. Reconnecting…`}
    </Note>
  );
}
