'use client';

import { Calculator } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { CostResult } from '#lib/contracts/cost.ts';
import { problemOf } from '#lib/queries/api-problem.ts';

export interface CostSectionProps {
  title: string;
  total: CostResult | undefined;
  error: unknown;
  onRetry: () => void;
  /** The table; `explained` asks for the sum behind each figure. */
  children: (total: CostResult, explained: boolean) => ReactNode;
}

/** What a period cost, in a table that can show how each figure was computed. */
export function CostSection({ title, total, error, onRetry, children }: CostSectionProps) {
  const [explained, setExplained] = useState(false);
  return (
    <Section
      title={title}
      actions={
        <Button
          size="sm"
          variant="quiet"
          aria-pressed={explained}
          icon={<Calculator size={14} aria-hidden="true" />}
          onPress={() => setExplained(!explained)}
        >
          How is this computed?
        </Button>
      }
    >
      {error ? <ErrorState problem={problemOf(error)} title="The costs could not be read" onRetry={onRetry} /> : null}
      {total === undefined && !error ? <SkeletonRows label="the costs" rows={3} /> : null}
      {total?.items.length === 0 ? (
        <p className="border-t border-line py-3 text-muted">
          No instance ran in this period. A deployment costs while it holds an instance, whether it is called or not.
        </p>
      ) : null}
      {total && total.items.length > 0 ? children(total, explained) : null}
    </Section>
  );
}
