'use client';

import { Check } from 'lucide-react';
import { useEffect, useState } from 'react';

export interface WizardStep {
  id: string;
  label: string;
  isDone: boolean;
}

/** Where one is on the page, what is settled, and a way to jump. */
export function WizardSteps({ steps }: { steps: readonly WizardStep[] }) {
  const current = useSectionInView(steps.map(({ id }) => id));
  return (
    <nav aria-label="Steps" className="sticky top-18 max-xl:static">
      <ol className="max-xl:flex max-xl:gap-4 max-xl:overflow-x-auto">
        {steps.map((step, index) => (
          <li key={step.id} className="relative">
            {index > 0 ? (
              <span
                className="absolute start-[9.5px] -top-2.5 h-5 w-px bg-line-strong max-xl:hidden"
                aria-hidden="true"
              />
            ) : null}
            <a
              href={`#${step.id}`}
              aria-current={step.id === current ? 'step' : undefined}
              className="group flex min-h-9 items-center gap-2.5 py-1.5 whitespace-nowrap text-muted hover:text-text aria-[current]:font-medium aria-[current]:text-text"
            >
              <span
                className={`z-1 grid size-5 shrink-0 place-items-center rounded-full border bg-page text-2xs group-aria-[current]:border-accent-fill group-aria-[current]:bg-accent-fill group-aria-[current]:text-on-accent ${step.isDone ? 'border-accent text-accent' : 'border-line-strong text-muted'}`}
              >
                {step.isDone ? <Check size={12} strokeWidth={2.25} aria-hidden="true" /> : index + 1}
              </span>
              {step.label}
              {step.isDone ? <span className="sr-only">, settled</span> : null}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** The section at the top of the view; the last one once the page's end is reached, since it cannot come to the top. */
function useSectionInView(ids: readonly string[]): string {
  const [current, setCurrent] = useState(ids[0] ?? '');
  const key = ids.join(' ');
  useEffect(() => {
    const sections = key.split(' ');
    function look(): void {
      const isEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
      const passed = sections.filter((id) => {
        const top = document.getElementById(id)?.getBoundingClientRect().top;
        return top !== undefined && top < innerHeight / 3;
      });
      const next = isEnd && scrollY > 0 ? sections.at(-1) : (passed.at(-1) ?? sections[0]);
      setCurrent(next ?? '');
    }
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [key]);
  return current;
}
