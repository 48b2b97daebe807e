'use client';

import { currentStage, Elapsed } from '#components/layout/running-operations.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { StageBar } from '#components/ui/stage-bar.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import { formatElapsed, formatUsual } from '#lib/format/duration.ts';
import { describeOperation } from '#lib/format/operation.ts';

/** Operations under way, with their stages and how long such work takes. */
export function RunningList({ operations }: { operations: readonly Operation[] }) {
  if (operations.length === 0) return null;
  return (
    <Section title="Running now" count={operations.length}>
      <ul className="border-t border-line">
        {operations.map((operation) => {
          const { object, verb, href } = describeOperation(operation);
          return (
            <li
              key={operation.id}
              className="grid min-h-12 grid-cols-[minmax(0,1.6fr)_minmax(80px,1fr)_minmax(0,1.2fr)_auto] items-center gap-x-4 gap-y-1 border-b border-line py-2 max-md:grid-cols-[minmax(0,1fr)_auto]"
            >
              <span className="min-w-0 truncate">
                <Link look="object" href={href}>
                  {object}
                </Link>{' '}
                <span className="text-muted">{verb}</span>
              </span>
              <StageBar stages={operation.stages} className="max-md:order-last max-md:col-span-2" />
              <span className="truncate text-muted max-md:hidden">{currentStage(operation)}</span>
              <span className="text-end whitespace-nowrap">
                <b className="font-medium [&>span]:text-sm [&>span]:text-text">
                  <Elapsed since={operation.created_at} />
                </b>
                {operation.expected_ms ? (
                  <span className="text-muted"> of {formatUsual(operation.expected_ms, formatElapsed)}</span>
                ) : null}
              </span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
