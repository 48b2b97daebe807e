'use client';

import { Check, CircleDashed, RefreshCw } from 'lucide-react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { ProgressBar } from '#components/ui/progress-bar.tsx';
import type { BuildPart } from '#lib/contracts/environment.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';

const LOOKS: Readonly<Record<BuildPart['state'], { icon: typeof Check; colour: string; word: string }>> = {
  waiting: { icon: CircleDashed, colour: 'text-faint', word: 'waiting' },
  fetching: { icon: RefreshCw, colour: 'text-accent', word: 'fetching' },
  unpacking: { icon: RefreshCw, colour: 'text-accent', word: 'unpacking' },
  running: { icon: RefreshCw, colour: 'text-accent', word: 'running' },
  done: { icon: Check, colour: 'text-success', word: 'done' },
  cached: { icon: Check, colour: 'text-muted', word: 'was here already' },
};

/** Layers of an image that is pulled, or steps of a Dockerfile, each with how far it is. Rows keep their height, so that nothing jumps. */
export function BuildParts({ parts }: { parts: readonly BuildPart[] }) {
  if (parts.length === 0) return null;
  return (
    <ul aria-label="Parts of this step" className="grid max-h-60 overflow-y-auto text-xs">
      {parts.map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- instructions repeat, and parts are only ever added at the end
        <PartRow key={`${index} ${part.name}`} part={part} />
      ))}
    </ul>
  );
}

function PartRow({ part }: { part: BuildPart }) {
  const { locale } = usePreferences();
  const { icon: Icon, colour, word } = LOOKS[part.state];
  const bytes = (count: number): string => figureText(formatBytes(count, locale));
  const size =
    part.total_bytes === null
      ? ''
      : part.state === 'fetching'
        ? `${bytes(part.bytes)} of ${bytes(part.total_bytes)}`
        : bytes(part.total_bytes);
  return (
    <li className="grid h-6 grid-cols-[16px_minmax(0,1fr)_auto_96px] items-center gap-x-2">
      <Icon size={14} className={colour} aria-hidden="true" />
      <span className="truncate font-mono" title={part.name}>
        {part.name}
      </span>
      <span className="text-muted">{size}</span>
      {part.state === 'fetching' ? (
        <ProgressBar
          label={`Layer ${part.name}`}
          labelHidden
          value={part.total_bytes === null ? null : Math.min(1, part.bytes / Math.max(1, part.total_bytes))}
        />
      ) : (
        <span className="truncate text-end text-muted">{word}</span>
      )}
    </li>
  );
}
