'use client';

import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import type { Instance } from '#lib/contracts/deployment.ts';
import { formatBytes, formatMemoryMib } from '#lib/format/bytes.ts';
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

/** Memory and load of each of its devices, or that it has none. */
export function Gpus({ instance: { gpus } }: { instance: Instance }) {
  const { locale } = usePreferences();
  if (gpus === null) return <span title="Its GPUs have not been measured">–</span>;
  if (gpus.length === 0) return <span className="text-muted">none</span>;
  const text = (mib: number | null): string => (mib === null ? '–' : figureText(formatMemoryMib(mib, locale)));
  return gpus.map(({ id, memory_used_mib: used, memory_total_mib: total, utilization_percent: busy }) => (
    <span key={id} className="block whitespace-nowrap" title={id}>
      {text(used)} <span className="text-faint">of {text(total)}</span>
      <span className="block">{busy === null ? 'load not told' : `${busy} % busy`}</span>
    </span>
  ));
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
