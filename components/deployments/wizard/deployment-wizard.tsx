'use client';

import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { DraftField } from '#lib/deployment-yaml/draft-field.ts';
import { formatClockSeconds } from '#lib/format/time.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { deploymentCodeQuery, deploymentQuery } from '#lib/queries/deployments.ts';
import { environmentVersionQuery, parseEnvironmentReference } from '#lib/queries/environments.ts';
import { ComputeSection } from './compute-section.tsx';
import { ContainerSections } from './container-sections.tsx';
import { CreateProblem, FaultSummary } from './create-problem.tsx';
import { EndpointSection } from './endpoint-section.tsx';
import { MethodSection } from './method-section.tsx';
import { ModelSection } from './model-section.tsx';
import { ReviewSection } from './review-section.tsx';
import { SummaryRail } from './summary-rail.tsx';
import { TrafficSection } from './traffic-section.tsx';
import { type SendPlannedRequest, useCreateDeployment } from './use-create-deployment.ts';
import { useFocusRequest } from './use-focus-request.ts';
import { type FormStorage, useFormStorage } from './use-form-storage.ts';
import { useWizard, type Wizard } from './use-wizard.ts';
import { type DeploymentParts, emptyForm, formOfDeployment, type WizardForm } from './wizard-form.ts';
import { applyRequest, type WizardRequest } from './wizard-request.ts';
import { type WizardStep, WizardSteps } from './wizard-steps.tsx';

/** Whoever deploys a model does without what edits scripts. */
const ScoringSections = dynamic(() => import('./scoring-sections.tsx').then((module) => module.ScoringSections), {
  ssr: false,
  loading: () => <Skeleton className="h-60 w-full" />,
});

const ServersSection = dynamic(() => import('./servers-section.tsx').then((module) => module.ServersSection), {
  ssr: false,
  loading: () => <Skeleton className="mb-7 h-60 w-full" />,
});

const TrialSection = dynamic(() => import('./trial-section.tsx').then((module) => module.TrialSection), { ssr: false });

export interface DeploymentWizardProps {
  /** The endpoint that the page belongs to; null for one that is chosen here. */
  endpoint: string | null;
  request: WizardRequest;
  send: SendPlannedRequest;
}

/** Everything that makes a deployment, on one page. */
export function DeploymentWizard({ endpoint, request, send }: DeploymentWizardProps) {
  if (endpoint !== null && request.from !== undefined) {
    return <EditingWizard endpoint={endpoint} deployment={request.from} focus={request.focus} send={send} />;
  }
  return <NewWizard endpoint={endpoint} request={request} send={send} />;
}

function NewWizard({ endpoint, request, send }: DeploymentWizardProps) {
  const storage = useFormStorage(endpoint ?? 'new', (kept) => applyRequest(kept ?? newForm(endpoint), request));
  return <LoadedWizard storage={storage} send={send} isEndpointFixed={endpoint !== null} title={titleOf(endpoint)} />;
}

function titleOf(endpoint: string | null): string {
  return endpoint === null ? 'New endpoint' : 'New deployment';
}

function newForm(endpoint: string | null): WizardForm {
  const form = emptyForm(newFormId());
  return endpoint === null ? form : { ...form, endpointIsNew: false, endpointName: endpoint };
}

/** Unlike `crypto.randomUUID`, also there where the studio is opened over plain HTTP. */
function newFormId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface EditingWizardProps {
  endpoint: string;
  deployment: string;
  focus: string | undefined;
  send: SendPlannedRequest;
}

function EditingWizard({ endpoint, deployment, focus, send }: EditingWizardProps) {
  // A form is filled in once, so never from what was read before the last change.
  const latest = useQuery({ ...deploymentQuery(endpoint, deployment), refetchOnMount: 'always' });
  const { data, error, refetch, isFetching } = latest;
  const reference = parseEnvironmentReference(data?.environment);
  const environment = useQuery({
    ...environmentVersionQuery(reference?.name ?? '', reference?.version ?? ''),
    enabled: reference !== null,
  });
  const hasCode = data?.code_configuration !== undefined;
  const code = useQuery({ ...deploymentCodeQuery(endpoint, deployment), refetchOnMount: 'always', enabled: hasCode });
  if (error) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title={`The deployment ${deployment} could not be read`}
        onRetry={() => void refetch()}
        isRetrying={isFetching}
        actions={
          <ButtonLink size="sm" href={`/endpoints/${encodeURIComponent(endpoint)}/deployments/new`}>
            Begin with an empty form
          </ButtonLink>
        }
      />
    );
  }
  const isCurrent = latest.isFetchedAfterMount && (code.isFetchedAfterMount || !hasCode);
  if (data === undefined || !isCurrent || environment.isLoading) return <WizardSkeleton title={`Edit ${deployment}`} />;
  const parts = { environment: environment.data ?? null, code: code.data ?? null };
  return <PrefilledWizard deployment={data} parts={parts} focus={focus} send={send} />;
}

interface PrefilledWizardProps {
  deployment: Deployment;
  parts: DeploymentParts;
  focus: string | undefined;
  send: SendPlannedRequest;
}

function PrefilledWizard({ deployment, parts, focus, send }: PrefilledWizardProps) {
  const scope = `${deployment.endpoint_name}/${deployment.name}`;
  const storage = useFormStorage(scope, (kept) => kept ?? formOfDeployment(newFormId(), deployment, parts));
  return <LoadedWizard storage={storage} focus={focus} send={send} isEndpointFixed title={`Edit ${deployment.name}`} />;
}

interface LoadedWizardProps {
  storage: FormStorage;
  send: SendPlannedRequest;
  isEndpointFixed: boolean;
  focus?: string | undefined;
  title: string;
}

function LoadedWizard({ storage, ...props }: LoadedWizardProps) {
  if (storage.form === null) return <WizardSkeleton title={props.title} />;
  return <WizardPage {...props} storage={storage} form={storage.form} />;
}

function WizardPage({ storage, form, send, isEndpointFixed, focus, title }: LoadedWizardProps & { form: WizardForm }) {
  const wizard = useWizard(form, storage.change, isEndpointFixed);
  const { state, create } = useCreateDeployment(wizard, send, storage.clear);
  const [attempt, setAttempt] = useState(0);
  const style = useTimeStyle();
  useFocusRequest(focus);

  function tryToCreate(): void {
    setAttempt((count) => count + 1);
    void create();
  }

  useShortcuts([{ keys: 'Mod+Enter', label: 'Create', group: 'This page', run: tryToCreate }]);
  const saved = storage.savedAt === null ? null : `Draft kept ${formatClockSeconds(storage.savedAt, style)}`;
  return (
    <>
      <PageHead title={title} aside={<span className="max-md:hidden">{saved}</span>} />
      <div className="grid max-w-295 grid-cols-[176px_minmax(0,1fr)_320px] items-start gap-10 max-xl:grid-cols-1 max-xl:gap-5">
        <WizardSteps steps={stepsOf(wizard)} />
        <div className="min-w-0">
          {wizard.showsFaults && wizard.faults.length > 0 ? (
            <FaultSummary faults={wizard.faults} attempt={attempt} />
          ) : null}
          {state.phase === 'failed' ? <CreateProblem wizard={wizard} state={state} onContinue={tryToCreate} /> : null}
          <MethodSection wizard={wizard} />
          <ServedSections wizard={wizard} />
          <ComputeSection wizard={wizard} />
          {isTriable(wizard) ? <TrialSection wizard={wizard} /> : null}
          <EndpointSection wizard={wizard} />
          <TrafficSection wizard={wizard} />
          <ReviewSection wizard={wizard} />
        </div>
        <SummaryRail wizard={wizard} state={state} onCreate={tryToCreate} />
      </div>
    </>
  );
}

/** What runs in Python may fail in ways that no reading of it shows, and is worth a run before it is deployed. */
function isTriable({ form, facts }: Wizard): boolean {
  const isMlflow = facts.model.detected?.format === 'mlflow' && facts.model.detected.servable;
  return form.method === 'low-code' || (form.method === 'no-code' && isMlflow);
}

/** What is served, in the sections of the chosen method. */
function ServedSections({ wizard }: { wizard: Wizard }) {
  switch (wizard.form.method) {
    case 'external':
      return <ServersSection wizard={wizard} />;
    case 'low-code':
      return <ScoringSections wizard={wizard} />;
    case 'container':
      return <ContainerSections wizard={wizard} />;
    default:
      return <ModelSection wizard={wizard} />;
  }
}

function stepsOf(wizard: Wizard): WizardStep[] {
  const { faults } = wizard;
  const isClear = (...fields: DraftField[]): boolean => !faults.some(({ field }) => fields.includes(field));
  return [
    { id: 'method', label: 'Method', isDone: true },
    ...servedSteps(wizard, isClear),
    {
      id: 'compute',
      label: wizard.form.method === 'external' ? 'Limits' : 'Compute',
      isDone: isClear('instance-type', 'instance-count'),
    },
    ...(isTriable(wizard) ? [{ id: 'try', label: 'Try it', isDone: false }] : []),
    { id: 'endpoint', label: 'Endpoint', isDone: isClear('endpoint-name', 'deployment-name') },
    { id: 'traffic', label: 'Traffic', isDone: isClear('endpoint-name', 'deployment-name') },
    { id: 'review', label: 'Review', isDone: false },
  ];
}

function servedSteps({ form, draft, facts }: Wizard, isClear: (...fields: DraftField[]) => boolean): WizardStep[] {
  const isModelClear = isClear('model', 'model-name');
  switch (form.method) {
    case 'external':
      return [
        {
          id: 'servers',
          label: 'Servers',
          isDone: isClear('external-urls', 'external-health-path', 'external-grpc-port', 'external-headers'),
        },
      ];
    case 'low-code':
      return [
        { id: 'code', label: 'Code', isDone: isClear('script') },
        { id: 'packages', label: 'Packages', isDone: isClear('packages') },
        { id: 'model', label: 'Model', isDone: isModelClear },
      ];
    case 'container':
      return [
        {
          id: 'container',
          label: 'Container',
          isDone: isClear('container-image', 'container-context', 'container-dockerfile', 'container-archive'),
        },
        {
          id: 'routes',
          label: 'Routes',
          isDone: isClear(
            'container-port',
            'container-probe-port',
            'container-grpc-port',
            'container-scoring-path',
            'container-readiness-path',
            'container-liveness-path',
          ),
        },
        {
          id: 'program',
          label: 'Program',
          isDone: isClear('container-command', 'container-variables', 'container-user'),
        },
        { id: 'model', label: 'Model', isDone: isModelClear && isClear('container-mount-path') },
      ];
    default:
      return [
        {
          id: 'model',
          label: 'Model',
          isDone: draft.model !== null && isModelClear && facts.model.detected !== null,
        },
      ];
  }
}

function WizardSkeleton({ title }: { title: string }) {
  return (
    <>
      <PageHead title={title} />
      <SkeletonRegion
        label="the form"
        className="grid max-w-295 grid-cols-[176px_minmax(0,1fr)_320px] gap-10 max-xl:grid-cols-1"
      >
        <Skeleton className="h-52 w-full max-xl:hidden" />
        <div className="grid gap-6">
          <Skeleton className="h-28 w-full" />
          <Skeleton className="h-60 w-full" />
          <Skeleton className="h-60 w-full" />
        </div>
        <Skeleton className="h-80 w-full" />
      </SkeletonRegion>
    </>
  );
}
