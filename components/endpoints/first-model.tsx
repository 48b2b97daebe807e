import { Box, Container, FileCode2 } from 'lucide-react';
import { ButtonLink } from '#components/ui/link.tsx';
import { FIRST_SAMPLE_HREF } from './first-sample.ts';

const WAYS = [
  {
    icon: Box,
    title: 'No code',
    text: 'Drop an ONNX or MLflow model or a Triton repository. What it takes and needs is read from it.',
  },
  {
    icon: FileCode2,
    title: 'Low code',
    text: 'A scoring script in Python with the packages that it needs, tried before it is deployed.',
  },
  {
    icon: Container,
    title: 'Container',
    text: 'An image, a Dockerfile or a saved image of your own that answers HTTP.',
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
        {WAYS.map(({ icon: Icon, title, text }) => (
          <li key={title} className="border-t border-line pt-3">
            <span className="flex items-center gap-2 font-medium">
              <Icon size={16} className="text-accent" aria-hidden="true" />
              {title}
            </span>
            <p className="mt-1 text-muted">{text}</p>
          </li>
        ))}
      </ul>
      <div className="mt-6 flex flex-wrap gap-2">
        <ButtonLink href={FIRST_SAMPLE_HREF} variant="primary">
          Deploy the sample model
        </ButtonLink>
        <ButtonLink href="/endpoints/new?mode=nocode">Bring a model</ButtonLink>
      </div>
    </section>
  );
}
