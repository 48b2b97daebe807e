'use client';

import { Box, Container, FileCode2, Server } from 'lucide-react';
import { RadioCards } from '#components/ui/radio-group.tsx';
import type { SectionProps } from './use-wizard.ts';
import type { DeployMethod } from './wizard-form.ts';
import { WizardSection } from './wizard-section.tsx';

const METHODS = [
  {
    id: 'no-code',
    label: 'No code',
    icon: <Box size={16} className="text-accent" aria-hidden="true" />,
    description: 'An ONNX model. Inputs, outputs and a sample request are read from it; there is nothing to write.',
  },
  {
    id: 'low-code',
    label: 'Low code',
    icon: <FileCode2 size={16} aria-hidden="true" />,
    description: 'A scoring script in Python with its packages. Not in this version yet; export the model to ONNX.',
    isDisabled: true,
  },
  {
    id: 'container',
    label: 'Container',
    icon: <Container size={16} aria-hidden="true" />,
    description: 'An image of your own that answers HTTP. Not in this version yet.',
    isDisabled: true,
  },
  {
    id: 'external',
    label: 'External server',
    icon: <Server size={16} aria-hidden="true" />,
    description: 'Servers that run already, here or elsewhere, put under the same split, mirror, limits and charts.',
  },
];

/** The ways in. Those that are not built say so and cannot be chosen. */
export function MethodSection({ wizard: { form, change } }: SectionProps) {
  return (
    <WizardSection id="method" title="Method" lead="How do you want to deploy?">
      <RadioCards
        label="How do you want to deploy?"
        labelHidden
        options={METHODS}
        columns={2}
        value={form.method}
        onChange={(method) => change({ method: method as DeployMethod })}
      />
    </WizardSection>
  );
}
