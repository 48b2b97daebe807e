import { Box, Container, FileCode2 } from 'lucide-react';
import { ButtonLink } from '#components/ui/link.tsx';
import { Chip } from '#components/ui/chip.tsx';

const WAYS = [
  {
    icon: Box,
    title: 'No code',
    text: 'Drop an ONNX file. Inputs, outputs and a sample request are read from it.',
    works: true,
  },
  {
    icon: FileCode2,
    title: 'Low code',
    text: 'A scoring script in Python with the packages that it needs.',
    works: false,
  },
  {
    icon: Container,
    title: 'Container',
    text: 'An image of your own that answers HTTP.',
    works: false,
  },
] as const;

/** What stands where endpoints would: what one is, and the ways to a first. */
export function FirstModel() {
  return (
    <section className="rounded-lg border border-line px-6 py-8" aria-labelledby="first-model">
      <h2 id="first-model">No endpoints yet</h2>
      <p className="mt-1 max-w-[60ch] text-muted">
        An endpoint is the address clients call. Deployments behind it share its traffic: start with one, put a second
        version beside it, and move the split between them.
      </p>
      <ul className="mt-6 grid gap-x-8 gap-y-4 md:grid-cols-3">
        {WAYS.map(({ icon: Icon, title, text, works }) => (
          <li key={title} className="border-t border-line pt-3">
            <span className="flex items-center gap-2 font-medium">
              <Icon size={16} className={works ? 'text-accent' : 'text-faint'} aria-hidden="true" />
              {title}
              {works ? null : (
                <Chip tone="plain" size="sm">
                  not built yet
                </Chip>
              )}
            </span>
            <p className="mt-1 text-muted">{text}</p>
          </li>
        ))}
      </ul>
      <div className="mt-6 flex flex-wrap gap-2">
        <ButtonLink href="/endpoints/new?mode=nocode&source=sample" variant="primary">
          Deploy the sample model
        </ButtonLink>
        <ButtonLink href="/endpoints/new?mode=nocode">Bring a model</ButtonLink>
      </div>
    </section>
  );
}
