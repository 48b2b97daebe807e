'use client';

import { DeploymentName } from '#components/ui/deployment.tsx';
import { RadioGroup } from '#components/ui/radio-group.tsx';
import { SplitBar } from '#components/ui/split-bar.tsx';
import { sharesOf } from '#components/endpoints/endpoint-split.tsx';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

/** What live traffic the deployment gets once it is ready. */
export function TrafficSection({ wizard }: SectionProps) {
  const { draft, change, endpoint, slot } = wizard;
  const name = draft.deployment;
  const serves = endpoint !== undefined && Object.values(endpoint.traffic).some((share) => share > 0);
  if (endpoint === undefined || !serves) {
    const lead = endpoint
      ? 'The endpoint answers nobody yet.'
      : 'A new endpoint has one deployment, so there is nothing to split yet.';
    return (
      <WizardSection id="traffic" title="Traffic" lead={lead}>
        <p className="flex flex-wrap items-center gap-2.5">
          <SplitBar shares={[{ name, slot, share: 100 }]} height="desired" className="w-55 max-w-full" />
          <span className="inline-flex flex-wrap items-center gap-1.5">
            <DeploymentName name={name} slot={slot} /> <b className="font-semibold">100 %</b> once it is ready
          </span>
        </p>
      </WizardSection>
    );
  }
  const share = endpoint.traffic[name.toLowerCase()] ?? 0;
  if (share > 0) {
    return (
      <WizardSection id="traffic" title="Traffic" lead={`${name} takes ${share} % now and keeps it.`}>
        <SplitBar shares={sharesOf(endpoint)} height="desired" className="w-105 max-w-full" />
        <p>New instances are ready before the old ones leave, so no call fails.</p>
      </WizardSection>
    );
  }
  return (
    <WizardSection
      id="traffic"
      title="Traffic"
      lead={`${endpoint.name} serves now; nothing changes for its clients unless you say so here.`}
    >
      <SplitBar shares={sharesOf(endpoint)} height="desired" className="w-105 max-w-full" />
      <RadioGroup
        label={`Live traffic of ${name}`}
        value={draft.takesAllTraffic ? 'all' : 'none'}
        onChange={(choice) => change({ takesAllTraffic: choice === 'all' })}
        options={[
          {
            id: 'none',
            label: 'Keep the split as it is',
            description: 'test it first, then move the slider',
          },
          { id: 'all', label: '100 % once it is ready', description: 'the others go to 0 % and keep running' },
        ]}
      />
    </WizardSection>
  );
}
