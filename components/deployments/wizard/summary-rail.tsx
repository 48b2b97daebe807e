'use client';

import type { ReactNode } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { Tag } from '#components/ui/chip.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { Facts, Figure } from '#components/ui/readouts.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { ContainerSource } from '#lib/deployment-yaml/container-source.ts';
import { type DeploymentDraft, modelOf } from '#lib/deployment-yaml/draft.ts';
import type { ModelSource } from '#lib/deployment-yaml/model-source.ts';
import { forReading, isChosen } from '#lib/deployment-yaml/draft-requests.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate, formatHourlyRateInProse, formatMoney } from '#lib/format/money.ts';
import type { CreateState } from './use-create-deployment.ts';
import type { Wizard } from './use-wizard.ts';

const HOURS_PER_MONTH = 730;

export interface SummaryRailProps {
  wizard: Wizard;
  state: CreateState;
  onCreate: () => void;
}

/** What it will cost and make, with the button, in sight all the way. */
export function SummaryRail({ wizard, state, onCreate }: SummaryRailProps) {
  return (
    <aside
      aria-label="Summary"
      className="sticky top-18 rounded-lg border border-line bg-page max-xl:static max-md:sticky max-md:top-auto max-md:bottom-0 max-md:z-10 max-md:-mx-4 max-md:rounded-none max-md:border-x-0 max-md:border-b-0"
    >
      <Price wizard={wizard} />
      <div className="border-b border-line px-4 py-3.5 max-md:hidden">
        <SummaryFacts wizard={wizard} />
      </div>
      <div className="grid gap-2 px-4 py-3 max-md:pt-0">
        <Button
          variant="primary"
          fullWidth
          keys={['Ctrl', 'Enter']}
          busy={state.phase === 'working'}
          onPress={onCreate}
          aria-keyshortcuts="Control+Enter"
        >
          {buttonWords(wizard.draft, state)}
        </Button>
        <div className="flex justify-center gap-1 max-md:hidden">
          <CopyText wizard={wizard} form="curl">
            Copy as curl
          </CopyText>
          <CopyText wizard={wizard} form="yaml">
            Copy YAML
          </CopyText>
        </div>
      </div>
    </aside>
  );
}

const WORKING = {
  code: 'Sending the code',
  model: 'Registering the model',
  endpoint: 'Making the endpoint',
  deployment: 'Making the deployment',
} as const;

function buttonWords(draft: DeploymentDraft, state: CreateState): string {
  if (state.phase === 'working') return WORKING[state.step];
  if (state.phase === 'failed') return state.made.length > 0 ? 'Continue' : 'Try again';
  if (draft.replaces) return 'Deploy again';
  return draft.endpoint.isNew ? 'Create endpoint' : 'Create deployment';
}

function Price({ wizard: { instanceType, draft } }: { wizard: Wizard }) {
  const { locale } = usePreferences();
  const { instanceCount } = draft;
  if (draft.model?.kind === 'external') {
    return (
      <p className="border-b border-line px-4 py-3.5 text-muted max-md:border-b-0">
        No price: the servers run outside of Viridian.
      </p>
    );
  }
  if (!instanceType) {
    return <p className="border-b border-line px-4 py-3.5 text-muted max-md:border-b-0">Choose an instance type</p>;
  }
  const { price_per_hour_micros: each, currency } = instanceType;
  const total = each * instanceCount;
  const perMonth = formatMoney(total * HOURS_PER_MONTH, currency, locale);
  const perInstance = figureText(formatHourlyRateInProse(each, currency, locale));
  return (
    <div className="border-b border-line px-4 py-3.5 max-md:border-b-0">
      <p className="text-xs text-muted">You will pay</p>
      <p className="text-2xl font-medium tracking-[-.02em]">
        <Figure {...formatHourlyRate(total, currency, locale)} />
      </p>
      <p className="text-xs text-muted max-md:hidden">
        {instanceCount === 1 ? 'one instance' : `${instanceCount} instances at ${perInstance}`}, about {perMonth} a
        month
      </p>
    </div>
  );
}

function SummaryFacts({ wizard }: { wizard: Wizard }) {
  const { draft, slot, endpoint } = wizard;
  const { model } = draft;
  const share = endpoint?.traffic[draft.deployment.toLowerCase()] ?? 0;
  const count = draft.instanceCount === 1 ? '' : `${draft.instanceCount} × `;
  return (
    <Facts
      items={[
        {
          term: 'Endpoint',
          value: (
            <span className="inline-flex flex-wrap items-center gap-1.5">
              <b className="font-medium">{draft.endpoint.name || '–'}</b>
              {draft.endpoint.isNew ? <Tag>new</Tag> : null}
            </span>
          ),
        },
        {
          term: 'Deployment',
          value: draft.deployment === '' ? '–' : <DeploymentName name={draft.deployment} slot={slot} />,
        },
        ...(model?.kind === 'external'
          ? [{ term: 'Servers', value: <span className="wrap-anywhere">{model.urls.join(', ') || '–'}</span> }]
          : [
              ...(model?.kind === 'container' ? [{ term: 'Image', value: imageWords(model) }] : []),
              { term: 'Model', value: model === null ? '–' : modelWords(modelOf(model)) },
              { term: 'Instance', value: draft.instanceType ? `${count}${draft.instanceType}` : '–' },
            ]),
        {
          term: 'Traffic',
          value: trafficWords(draft.takesAllTraffic, share),
        },
      ]}
    />
  );
}

function trafficWords(takesAll: boolean, share: number): string {
  if (takesAll) return '100 % once it is ready';
  return share > 0 ? `${share} %, as now` : 'none until you move it';
}

function imageWords({ form: { origin, image, context, archive } }: ContainerSource): ReactNode {
  const text = origin === 'image' ? image.trim() : (origin === 'dockerfile' ? context : archive)?.filename;
  return text ? <span className="font-mono text-xs wrap-anywhere">{text}</span> : '–';
}

function modelWords(model: ModelSource | null): string {
  if (model === null) return 'none';
  if (model.kind === 'registered') return `${model.name}, version ${model.version}`;
  if (model.kind === 'sample') return `${model.name}, sample ${model.id}`;
  return model.id === '' ? `${model.name}, on its way` : `${model.name}, next version`;
}

function CopyText({ wizard, form, children }: { wizard: Wizard; form: 'yaml' | 'curl'; children: string }) {
  async function copy(): Promise<void> {
    if (!isChosen(wizard.draft)) return;
    const draft = forReading(wizard.draft);
    const texts = await Promise.all([import('#lib/deployment-yaml/draft-to-yaml.ts'), import('./review-texts.tsx')]);
    const text = form === 'yaml' ? texts[0].draftToYaml(draft) : texts[1].curlOf(draft);
    try {
      await navigator.clipboard.writeText(text);
      toast({ text: form === 'yaml' ? 'YAML copied' : 'curl commands copied' });
    } catch {
      toast({ tone: 'danger', text: 'Not copied: the browser keeps the clipboard from this page. See Review below.' });
    }
  }
  return (
    <Button variant="quiet" size="sm" isDisabled={!isChosen(wizard.draft)} onPress={() => void copy()}>
      {children}
    </Button>
  );
}
