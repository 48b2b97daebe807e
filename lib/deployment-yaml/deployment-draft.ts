import type { DeploymentWrite } from '#lib/contracts/deployment.ts';

/** What the wizard gathers. Empty texts and nulls are what was left to the defaults. */
export interface DeploymentDraft {
  source: 'sample' | 'upload' | 'registered';
  /** `sample:<id>` or `upload:<id>`; for a registered version the path that it came from. */
  modelPath: string;
  modelName: string;
  /** The version it is or will be registered as; empty lets the registry number it. */
  modelVersion: string;
  endpointName: string;
  isNewEndpoint: boolean;
  deploymentName: string;
  instanceType: string;
  instanceCount: number;
  requestTimeoutMs: number | null;
  maxConcurrency: number | null;
  readinessFailureThreshold: number | null;
  /** Takes all traffic once it is ready. */
  takesAllTraffic: boolean;
}

export const EMPTY_DRAFT: DeploymentDraft = {
  source: 'sample',
  modelPath: '',
  modelName: '',
  modelVersion: '',
  endpointName: '',
  isNewEndpoint: true,
  deploymentName: 'blue',
  instanceType: '',
  instanceCount: 1,
  requestTimeoutMs: null,
  maxConcurrency: null,
  readinessFailureThreshold: null,
  takesAllTraffic: true,
};

/** `azureml:iris:1`; `@latest` while the version is not known. */
export function modelReferenceOf(draft: DeploymentDraft): string {
  return draft.modelVersion === ''
    ? `azureml:${draft.modelName}@latest`
    : `azureml:${draft.modelName}:${draft.modelVersion}`;
}

/** Body of `PUT /endpoints/{endpoint}/deployments/{deployment}`. */
export function deploymentBodyOf(draft: DeploymentDraft): DeploymentWrite {
  const { requestTimeoutMs, maxConcurrency, readinessFailureThreshold } = draft;
  const requestSettings = {
    ...(requestTimeoutMs !== null && { request_timeout_ms: requestTimeoutMs }),
    ...(maxConcurrency !== null && { max_concurrent_requests_per_instance: maxConcurrency }),
  };
  return {
    name: draft.deploymentName,
    endpoint_name: draft.endpointName,
    model: modelReferenceOf(draft),
    instance_type: draft.instanceType,
    instance_count: draft.instanceCount,
    ...(Object.keys(requestSettings).length > 0 && { request_settings: requestSettings }),
    ...(readinessFailureThreshold !== null && { readiness_probe: { failure_threshold: readinessFailureThreshold } }),
  };
}

const NAME = /^[a-zA-Z](?!.*--)([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;

/** Why a name of an endpoint or deployment will not do; null when it will. The server judges by the same rule. */
export function faultOfName(name: string): string | null {
  if (name.length < 3 || name.length > 32) return 'Use 3 to 32 characters';
  return NAME.test(name) ? null : 'Start with a letter; then letters, digits and single dashes, none at the end';
}

/** Names in the order of their colours; the first that is free is suggested. */
const SUGGESTIONS = ['blue', 'green', 'amber', 'magenta', 'umber', 'violet'];

export function suggestDeploymentName(taken: readonly string[]): string {
  return SUGGESTIONS.find((name) => !taken.includes(name)) ?? `version-${taken.length + 1}`;
}

/** What is still missing before the draft can be sent, by field. */
export function faultsOfDraft(
  draft: DeploymentDraft,
  existingDeployments: readonly string[],
): Partial<Record<keyof DeploymentDraft, string>> {
  const faults: Partial<Record<keyof DeploymentDraft, string>> = {};
  if (draft.modelPath === '') faults.modelPath = 'Pick a model';
  if (draft.modelName === '') faults.modelName = 'Name the model';
  const endpointFault = faultOfName(draft.endpointName);
  if (endpointFault !== null) faults.endpointName = endpointFault;
  const deploymentFault = faultOfName(draft.deploymentName);
  if (deploymentFault !== null) faults.deploymentName = deploymentFault;
  else if (existingDeployments.includes(draft.deploymentName.toLowerCase()))
    faults.deploymentName = 'The endpoint has a deployment of this name';
  if (draft.instanceType === '') faults.instanceType = 'Pick an instance type';
  return faults;
}
