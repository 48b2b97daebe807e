'use client';

import { Box, Container, FileCode2, Server } from 'lucide-react';
import { RadioCards, type RadioOption } from '#components/ui/radio-group.tsx';
import type { SectionProps, Wizard } from './use-wizard.ts';
import { choosing, type DeployMethod } from './wizard-form.ts';
import { WizardSection } from './wizard-section.tsx';

const METHODS = [
  {
    id: 'no-code',
    label: 'No code',
    icon: <Box size={16} className="text-accent" aria-hidden="true" />,
    description:
      'An ONNX or MLflow model, or a Triton repository. What it takes and needs is read from it; nothing is to be written.',
  },
  {
    id: 'low-code',
    label: 'Low code',
    icon: <FileCode2 size={16} aria-hidden="true" />,
    description:
      'A scoring script in Python, written here or brought, with the packages it needs. AutoML’s output too.',
  },
  {
    id: 'container',
    label: 'Container',
    icon: <Container size={16} aria-hidden="true" />,
    description: 'An image of your own that answers HTTP: from a registry, from a Dockerfile, or from a file.',
  },
  {
    id: 'external',
    label: 'External server',
    icon: <Server size={16} aria-hidden="true" />,
    description: 'Servers that run already, here or elsewhere, put under the same split, mirror, limits and charts.',
  },
];

/** The ways in. Those that this host cannot go say why, and cannot be chosen. */
export function MethodSection({ wizard }: SectionProps) {
  const { form, change } = wizard;
  return (
    <WizardSection id="method" title="Method" lead="How do you want to deploy?">
      <div id="field-method">
        <RadioCards
          label="How do you want to deploy?"
          labelHidden
          options={METHODS.map((method) => withReason(method, wizard))}
          value={form.method}
          onChange={(method) => change(choosing(method as DeployMethod, form))}
        />
      </div>
    </WizardSection>
  );
}

/** Only a container needs something that a host may not have. A deployment that is one already may be looked at all the same. */
function withReason(method: (typeof METHODS)[number], { facts, form }: Wizard): RadioOption {
  const docker = facts.docker;
  if (method.id !== 'container' || docker === null || docker.available || form.method === 'container') return method;
  return { ...method, isDisabled: true, description: [docker.reason, docker.fix].filter(Boolean).join(' ') };
}
