'use client';

import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import type { Instance } from '#lib/contracts/deployment.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';

/** Bytes since the start, in and out. */
export function Network({ instance }: { instance: Instance }) {
  const { locale } = usePreferences();
  const { network_received_bytes: received, network_sent_bytes: sent } = instance;
  if (received === null || sent === null) return '–';
  const text = (bytes: number): string => figureText(formatBytes(bytes, locale));
  return (
    <span className="whitespace-nowrap" title="Since it started">
      {text(received)} <span className="text-faint">in</span>
      <span className="block">
        {text(sent)} <span className="text-faint">out</span>
      </span>
    </span>
  );
}

/** How it ended last: why, with what status, and when. */
export function LastExit({ exit }: { exit: NonNullable<Instance['last_exit']> }) {
  const facts = [
    ...(exit.code === null ? [] : [`status ${exit.code}`]),
    ...(exit.signal === null ? [] : [exit.signal]),
    ...(exit.out_of_memory ? ['out of memory'] : []),
  ];
  return (
    <>
      {exit.reason}
      <span className="block text-xs text-muted">
        {facts.length > 0 ? `${facts.join(', ')}, ` : null}
        <Age at={exit.at} as="ago" />
      </span>
    </>
  );
}

/** What runs it does not answer: everything in the row is as it was last seen. */
export function UnknownNote({ since }: { since: string }) {
  return (
    <span className="block text-xs text-warning">
      last seen <Age at={since} as="ago" />; what runs it does not answer
    </span>
  );
}
