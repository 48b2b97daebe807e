import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import type { DeploymentDraft, ServedSource } from '#lib/deployment-yaml/draft.ts';
import type { ModelSource } from '#lib/deployment-yaml/model-source.ts';
import { containerSource } from '#lib/deployment-yaml/container-source.ts';
import { externalSource } from '#lib/deployment-yaml/external-source.ts';
import { scriptSource } from '#lib/deployment-yaml/script-source.ts';
import { suggestDeploymentName, suggestEndpointName } from '#lib/deployment-yaml/suggest-names.ts';
import { type FitFacts, suggestInstanceType } from './fit-verdict.ts';
import type { WizardForm } from './wizard-form.ts';

/** What suggestions are made from. */
export interface FormFacts extends FitFacts {
  endpoints: readonly Pick<Endpoint, 'name' | 'traffic' | 'deployments'>[];
  instanceTypes: readonly InstanceType[];
  /** The version that a bundled sample was registered as before, so that it is not registered again. */
  registeredAs: { name: string; version: string } | null;
}

/** The form with every suggestion put in: what is shown, checked and sent. */
export function resolveForm(form: WizardForm, facts: FormFacts): DeploymentDraft {
  const model = servedSource(form, facts);
  const endpointName = form.endpointName ?? suggestedEndpoint(form, model, facts);
  const endpoint = facts.endpoints.find(({ name }) => name === endpointName.toLowerCase());
  const existing = form.endpointIsNew ? undefined : endpoint;
  const taken = existing?.deployments.map(({ name }) => name) ?? [];
  return {
    model,
    instanceType: form.instanceType ?? suggestInstanceType(facts.instanceTypes, facts)?.name ?? null,
    instanceCount: form.instanceCount,
    requestSettings: form.requestSettings,
    readinessProbe: form.readinessProbe,
    livenessProbe: form.livenessProbe,
    endpoint: {
      isNew: form.endpointIsNew,
      name: endpointName,
      description: form.description,
      authMode: form.authMode,
    },
    deployment: form.deploymentName ?? suggestDeploymentName(taken),
    takesAllTraffic: form.takesAllTraffic ?? !takesTraffic(existing),
    replaces: form.edits !== null,
    untold: form.untold,
  };
}

function servedSource(form: WizardForm, facts: FormFacts): ServedSource | null {
  if (form.method === 'external') return externalSource(form.external);
  const model = resolveModel(form.model, facts);
  const optional = form.tab === 'none' ? null : model;
  if (form.method === 'container') return containerSource(form.container, optional);
  return form.method === 'low-code' ? scriptSource(form.script, optional) : model;
}

function resolveModel(model: ModelSource | null, { registeredAs }: FormFacts): ModelSource | null {
  return model?.kind === 'sample' && registeredAs ? { kind: 'registered', ...registeredAs } : model;
}

function suggestedEndpoint(form: WizardForm, model: ServedSource | null, { endpoints }: FormFacts): string {
  if (!form.endpointIsNew) return '';
  return model === null || model.name === ''
    ? ''
    : suggestEndpointName(
        model.name,
        endpoints.map(({ name }) => name),
      );
}

/** An endpoint that serves keeps its split until somebody moves it; one that serves nobody may as well begin. */
function takesTraffic(endpoint: Pick<Endpoint, 'traffic'> | undefined): boolean {
  return endpoint !== undefined && Object.values(endpoint.traffic).some((share) => share > 0);
}
