'use client';

import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '#components/ui/error-state.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { formatMemoryMib } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { AdvancedSettings } from './advanced-settings.tsx';
import { neededMib } from './fit-verdict.ts';
import { InstanceTypeRows } from './instance-type-rows.tsx';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

/** What it runs on, how many times, and the settings that few people need. */
export function ComputeSection({ wizard }: SectionProps) {
  const { draft, change, faultOf, facts } = wizard;
  const { locale } = usePreferences();
  const { modelBytes } = facts;
  if (draft.model?.kind === 'external') {
    return (
      <WizardSection
        id="compute"
        title="Limits"
        lead="External servers cost nothing here; calls to them are bounded all the same."
      >
        <AdvancedSettings wizard={wizard} />
      </WizardSection>
    );
  }
  const lead =
    modelBytes === null
      ? 'What one instance has, and what it costs per hour while it runs.'
      : `Sizes are judged for this model: about ${figureText(formatMemoryMib(neededMib(modelBytes), locale))} per instance.`;
  return (
    <WizardSection id="compute" title="Compute" lead={lead}>
      <div id="field-instance-type" tabIndex={-1} className="outline-none">
        {facts.instanceTypesProblem ? (
          <ErrorState problem={facts.instanceTypesProblem} title="The instance types could not be read" />
        ) : facts.instanceTypes.length === 0 ? (
          <SkeletonRows label="the instance types" rows={4} />
        ) : (
          <InstanceTypeRows
            types={facts.instanceTypes}
            facts={facts}
            value={draft.instanceType}
            onChange={(instanceType) => change({ instanceType })}
            error={faultOf('instance-type')}
          />
        )}
      </div>
      <FreeGpus />
      <NumberField
        id="field-instance-count"
        label="Instances"
        minValue={1}
        maxValue={1000}
        value={draft.instanceCount}
        onChange={(count) => change({ instanceCount: Number.isNaN(count) ? 1 : count })}
        hint="Calls are spread over them, and one may fail or be replaced while the others answer."
        error={faultOf('instance-count')}
      />
      <AdvancedSettings wizard={wizard} />
    </WizardSection>
  );
}

/** Two deployments never get the same GPU, so what is free decides whether another one can start. */
function FreeGpus() {
  const { data } = useQuery({ ...infoQuery(), staleTime: 0 });
  if (data === undefined || data.gpus.length === 0) return null;
  const { gpus, gpus_free: free } = data;
  return (
    <p className="text-xs text-muted">
      {free} of {gpus.length} {gpus.length === 1 ? 'GPU' : 'GPUs'} of this host {free === 1 ? 'is' : 'are'} free:{' '}
      {[...new Set(gpus.map(({ name }) => name))].join(', ')}.
    </p>
  );
}
