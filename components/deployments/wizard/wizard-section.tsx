import type { ReactNode } from 'react';

export interface WizardSectionProps {
  id: string;
  title: string;
  lead: ReactNode;
  children: ReactNode;
}

/** One step of the page: a place of its own that links and the step list jump to. */
export function WizardSection({ id, title, lead, children }: WizardSectionProps) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="mb-7 scroll-mt-16 border-b border-line pb-7 last:mb-0 last:border-b-0"
    >
      <h2 id={`${id}-title`} className="text-lg tracking-[-.01em]">
        {title}
      </h2>
      <p className="mb-4 text-muted">{lead}</p>
      <div className="grid grid-cols-1 gap-5">{children}</div>
    </section>
  );
}
