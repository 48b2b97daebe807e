'use client';

import { type ReactNode, useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { cx } from '#components/ui/class-names.ts';
import { RadioFrame } from '#components/ui/radio-group.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { formatMemoryMib } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatRatio } from '#lib/format/number.ts';
import { type FitFacts, type FitVerdict, fitVerdict, sortByFit, suggestInstanceType } from './fit-verdict.ts';

export interface InstanceTypeRowsProps {
  types: readonly InstanceType[];
  facts: FitFacts;
  value: string | null;
  onChange: (name: string) => void;
  error: string | null;
}

const SHOWN_AT_FIRST = 6;

/** Sizes with their price and whether they fit; what cannot run the model stays in sight, with the reason. */
export function InstanceTypeRows({ types, facts, value, onChange, error }: InstanceTypeRowsProps) {
  const [showsAll, setShowsAll] = useState(false);
  const sorted = sortByFit(types, facts);
  const suggested = suggestInstanceType(types, facts)?.name;
  const shown = showsAll ? sorted : sorted.filter((type, index) => index < SHOWN_AT_FIRST || type.name === value);
  const hidden = sorted.length - shown.length;
  return (
    <>
      <RadioFrame label="Instance type" labelHidden value={value} onChange={onChange} error={error}>
        {(input) => (
          <div className="@container overflow-hidden rounded-lg border border-line-strong">
            {shown.map((type) => {
              const verdict = fitVerdict(type, facts);
              return (
                <InstanceTypeRow
                  key={type.name}
                  type={type}
                  verdict={verdict}
                  isSuggested={type.name === suggested}
                  input={input(type.name, verdict.kind === 'unfit')}
                />
              );
            })}
          </div>
        )}
      </RadioFrame>
      {hidden > 0 ? (
        <Button variant="quiet" size="sm" className="mt-2 -ms-2.5" onPress={() => setShowsAll(true)}>
          Show {hidden} more sizes
        </Button>
      ) : null}
    </>
  );
}

const DOT =
  'size-3.5 rounded-full border border-control bg-page group-has-checked:border-[4.5px] group-has-checked:border-accent-fill group-has-checked:bg-[#fff] group-has-disabled:border-line-strong group-has-disabled:bg-sunken';

function InstanceTypeRow({
  type,
  verdict,
  isSuggested,
  input,
}: {
  type: InstanceType;
  verdict: FitVerdict;
  isSuggested: boolean;
  input: ReactNode;
}) {
  const { locale } = usePreferences();
  const price = formatHourlyRate(type.price_per_hour_micros, type.currency, locale);
  return (
    <label className="group relative grid min-h-11 cursor-pointer grid-cols-[18px_9.25rem_minmax(0,1fr)_11.5rem_5rem] items-center gap-x-3.5 border-b border-line px-3.5 py-1.5 last:border-b-0 hover:bg-raised has-checked:bg-accent-wash has-disabled:cursor-not-allowed has-disabled:text-faint has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-focus @max-[640px]:grid-cols-[18px_minmax(0,1fr)_auto] @max-[640px]:gap-x-3">
      {input}
      <span className={DOT} />
      <span className="font-medium">{type.name}</span>
      <span className="text-muted group-has-disabled:text-faint @max-[640px]:col-start-2 @max-[640px]:row-start-2 @max-[640px]:text-xs">
        {sizeWords(type, locale)}
      </span>
      <span
        className={cx(
          'text-xs @max-[640px]:col-span-2 @max-[640px]:col-start-2 @max-[640px]:row-start-3',
          verdict.kind === 'unfit' && 'text-danger',
        )}
      >
        {isSuggested ? `${shortVerdict(verdict, locale)}, suggested` : verdictWords(verdict, locale)}
      </span>
      <span className="text-end font-medium @max-[640px]:col-start-3 @max-[640px]:row-start-1">
        <Figure {...price} />
      </span>
    </label>
  );
}

function sizeWords(type: InstanceType, locale: string): string {
  const memory = figureText(formatMemoryMib(type.memory_mib, locale));
  const gpus = type.gpus > 0 ? `, ${type.gpus === 1 ? 'GPU' : `${type.gpus} GPUs`}` : '';
  return `${type.cpu} vCPU, ${memory}${gpus}`;
}

function verdictWords(verdict: FitVerdict, locale: string): string {
  if (verdict.kind !== 'fits') return verdict.reason;
  return verdict.memoryShare === null ? 'fits' : `${shortVerdict(verdict, locale)} of memory`;
}

function shortVerdict(verdict: FitVerdict, locale: string): string {
  if (verdict.kind !== 'fits' || verdict.memoryShare === null) return 'fits';
  return `fits, ${figureText(formatRatio(verdict.memoryShare, locale, 0))}`;
}
