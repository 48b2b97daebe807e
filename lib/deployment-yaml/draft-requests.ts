import type { DeploymentWrite } from '../contracts/deployment.ts';
import type { EndpointWrite } from '../contracts/endpoint.ts';
import type { ModelVersionWrite } from '../contracts/model.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { containerBody } from './container-source.ts';
import { type DeploymentDraft, modelOf, type ServedSource } from './draft.ts';
import { modelReference, registrationPath } from './model-source.ts';
import { externalBody, withoutSecrets } from './external-source.ts';
import { scriptBody } from './script-source.ts';

/** Code is sent by the page itself, before the requests that name it. */
export type PlannedStep = 'code' | 'model' | 'endpoint' | 'deployment';

/** One request of the REST API that the wizard makes. */
export type PlannedRequest =
  | { step: 'model'; name: string; body: ModelVersionWrite }
  | { step: 'endpoint'; name: string; body: EndpointWrite }
  | {
      step: 'deployment';
      endpoint: string;
      name: string;
      /** Takes all live traffic once it is ready. */
      allTraffic: boolean;
      /** Fails where the deployment exists, so that nobody's work is written over. */
      createOnly: boolean;
      body: DeploymentWrite;
    };

/** A draft of which it is known what it serves. */
export type ChosenDraft = DeploymentDraft & { model: ServedSource };

export function isChosen(draft: DeploymentDraft): draft is ChosenDraft {
  return draft.model !== null;
}

/** The draft as texts show it, which people keep and pass on: without the secrets of external servers. */
export function forReading(draft: ChosenDraft): ChosenDraft {
  return draft.model.kind === 'external' ? { ...draft, model: withoutSecrets(draft.model) } : draft;
}

/** The requests that make what a draft describes, in their order. The page sends these, and "Copy as curl" prints these. */
export function planRequests(draft: ChosenDraft): PlannedRequest[] {
  const requests: PlannedRequest[] = [];
  const endpoint = draft.endpoint.name.toLowerCase();
  const model = modelOf(draft.model);
  const path = registrationPath(model);
  if (model && path !== null) requests.push({ step: 'model', name: model.name, body: { path } });
  if (draft.endpoint.isNew) requests.push({ step: 'endpoint', name: endpoint, body: endpointBody(draft) });
  requests.push({
    step: 'deployment',
    endpoint,
    name: draft.deployment.toLowerCase(),
    allTraffic: draft.takesAllTraffic,
    createOnly: !draft.replaces,
    body: deploymentBody(draft),
  });
  return requests;
}

export interface RequestLine {
  method: 'POST' | 'PUT';
  /** After `/api/v1`. */
  path: string;
  headers: Record<string, string>;
}

/** How a planned request goes over HTTP. */
export function requestLine(request: PlannedRequest): RequestLine {
  switch (request.step) {
    case 'model':
      return { method: 'POST', path: apiPath('models', request.name, 'versions'), headers: {} };
    case 'endpoint':
      return { method: 'PUT', path: apiPath('endpoints', request.name), headers: CREATE_ONLY };
    case 'deployment': {
      const path = apiPath('endpoints', request.endpoint, 'deployments', request.name);
      return {
        method: 'PUT',
        path: request.allTraffic ? `${path}?all_traffic=true` : path,
        headers: request.createOnly ? CREATE_ONLY : {},
      };
    }
  }
}

const CREATE_ONLY = { 'if-none-match': '*' };

export function endpointBody({ endpoint }: Pick<DeploymentDraft, 'endpoint'>): EndpointWrite {
  const { description, authMode } = endpoint;
  return { ...(description === '' ? {} : { description }), auth_mode: authMode };
}

/** Only what differs from the defaults, so that defaults may change under it; and what stays as it was written elsewhere. */
export function deploymentBody(draft: ChosenDraft): DeploymentWrite {
  const requestSettings = given(draft.requestSettings);
  const readinessProbe = given(draft.readinessProbe);
  const livenessProbe = given(draft.livenessProbe);
  return {
    ...draft.untold,
    ...servedBody(draft),
    ...(requestSettings && { request_settings: requestSettings }),
    ...(readinessProbe && { readiness_probe: readinessProbe }),
    ...(livenessProbe && { liveness_probe: livenessProbe }),
  };
}

/** Models, scripts and containers run on instances of a type; external servers are what they are. */
function servedBody({ model: source, instanceType, instanceCount }: ChosenDraft): DeploymentWrite {
  if (source.kind === 'external') return { type: 'external', external: externalBody(source) };
  const model = modelOf(source);
  return {
    ...(model && { model: modelReference(model) }),
    ...(source.kind === 'container' && containerBody(source)),
    ...(source.kind === 'script' && scriptBody(source)),
    ...(instanceType === null ? {} : { instance_type: instanceType }),
    instance_count: instanceCount,
  };
}

/** The values that somebody gave; null when there are none. */
function given<Values extends object>(values: Values): { [Key in keyof Values]?: number } | null {
  const entries = Object.entries(values).filter(([, value]) => value !== null);
  return entries.length === 0 ? null : (Object.fromEntries(entries) as { [Key in keyof Values]?: number });
}
