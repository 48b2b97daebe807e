import type { DeploymentWrite } from '../contracts/deployment.ts';
import type { EndpointWrite } from '../contracts/endpoint.ts';
import type { ModelVersionWrite } from '../contracts/model.ts';
import { type DeploymentDraft, type ModelSource, modelReference, registrationPath } from './draft.ts';

export type PlannedStep = 'model' | 'endpoint' | 'deployment';

/** One request of the REST API. `path` starts after `/api/v1`. */
export type PlannedRequest =
  | { step: 'model'; method: 'POST'; path: string; headers: Record<string, string>; body: ModelVersionWrite }
  | { step: 'endpoint'; method: 'PUT'; path: string; headers: Record<string, string>; body: EndpointWrite }
  | { step: 'deployment'; method: 'PUT'; path: string; headers: Record<string, string>; body: DeploymentWrite };

/** Fails where something of the name exists already, so that nobody's work is written over. */
const CREATE_ONLY = { 'if-none-match': '*' };

/**
 * The requests that make what a draft describes, in their order. The page sends these, and "Copy as curl" prints these.
 * @param allTraffic whether the deployment takes all live traffic once it is ready
 */
export function planRequests(draft: DeploymentDraft & { model: ModelSource }, allTraffic: boolean): PlannedRequest[] {
  const requests: PlannedRequest[] = [];
  const path = registrationPath(draft.model);
  if (path !== null) {
    requests.push({
      step: 'model',
      method: 'POST',
      path: `/models/${encodeURIComponent(draft.model.name)}/versions`,
      headers: {},
      body: { path },
    });
  }
  const endpoint = `/endpoints/${encodeURIComponent(draft.endpoint.name.toLowerCase())}`;
  if (draft.endpoint.isNew) {
    requests.push({
      step: 'endpoint',
      method: 'PUT',
      path: endpoint,
      headers: CREATE_ONLY,
      body: endpointBody(draft),
    });
  }
  requests.push({
    step: 'deployment',
    method: 'PUT',
    path: `${endpoint}/deployments/${encodeURIComponent(draft.deployment.toLowerCase())}${allTraffic ? '?all_traffic=true' : ''}`,
    headers: draft.replaces ? {} : CREATE_ONLY,
    body: deploymentBody(draft),
  });
  return requests;
}

export function endpointBody({ endpoint }: Pick<DeploymentDraft, 'endpoint'>): EndpointWrite {
  return { ...(endpoint.description === '' ? {} : { description: endpoint.description }), auth_mode: 'key' };
}

/** Only what differs from the defaults, so that defaults may change under it. */
export function deploymentBody(draft: DeploymentDraft & { model: ModelSource }): DeploymentWrite {
  const requestSettings = given(draft.requestSettings);
  const readinessProbe = given(draft.readinessProbe);
  const livenessProbe = given(draft.livenessProbe);
  return {
    model: modelReference(draft.model),
    ...(draft.instanceType === null ? {} : { instance_type: draft.instanceType }),
    instance_count: draft.instanceCount,
    ...(requestSettings && { request_settings: requestSettings }),
    ...(readinessProbe && { readiness_probe: readinessProbe }),
    ...(livenessProbe && { liveness_probe: livenessProbe }),
  };
}

/** The values that somebody gave; null when there are none. */
function given<Values extends object>(values: Values): { [Key in keyof Values]?: number } | null {
  const entries = Object.entries(values).filter(([, value]) => value !== null);
  return entries.length === 0 ? null : (Object.fromEntries(entries) as { [Key in keyof Values]?: number });
}
