import { assetNameFault, resourceNameFault } from '../contracts/names.ts';
import { containerFaults } from './container-source.ts';
import type { DraftFault, DraftField } from './draft-field.ts';
import type { DeploymentDraft } from './draft.ts';
import type { ModelSource } from './model-source.ts';
import { externalFaults } from './external-source.ts';
import { scriptFaults } from './script-source.ts';

/** What is known about the world that a draft is checked against. */
export interface DraftFacts {
  endpoints: readonly string[];
  /** Deployments of the chosen endpoint; empty for a new one. */
  deployments: readonly string[];
  /** Whether the model can be served: null while it is not known yet. */
  servable: { ok: boolean; reason: string } | null;
}

/** Everything that keeps a draft from being created, in the order of the page. */
export function draftFaults(draft: DeploymentDraft, facts: DraftFacts): DraftFault[] {
  return [...modelFaults(draft, facts), ...computeFaults(draft), ...endpointFaults(draft, facts)];
}

function modelFaults({ model }: DeploymentDraft, { servable }: DraftFacts): DraftFault[] {
  if (model === null) return [{ field: 'model', message: 'Choose a model.' }];
  if (model.kind === 'external') return externalFaults(model);
  if (model.kind === 'script') return [...scriptFaults(model), ...modelNameFaults(model.model)];
  if (model.kind === 'container') return [...containerFaults(model), ...modelNameFaults(model.model)];
  const faults: DraftFault[] = [];
  if (servable && !servable.ok) faults.push({ field: 'model', message: servable.reason });
  if (model.kind === 'upload') {
    if (model.id === '') faults.push({ field: 'model', message: 'The upload is not complete.' });
    faults.push(...modelNameFaults(model));
  }
  return faults;
}

function modelNameFaults(model: ModelSource | null): DraftFault[] {
  const fault = model?.kind === 'upload' ? assetNameFault(model.name) : null;
  return fault === null ? [] : [{ field: 'model-name', message: `The name ${fault}.` }];
}

function computeFaults(draft: DeploymentDraft): DraftFault[] {
  if (draft.model?.kind === 'external') return [];
  const faults: DraftFault[] = [];
  if (draft.instanceType === null) faults.push({ field: 'instance-type', message: 'Choose an instance type.' });
  if (!Number.isInteger(draft.instanceCount) || draft.instanceCount < 1) {
    faults.push({ field: 'instance-count', message: 'At least one instance is needed.' });
  }
  return faults;
}

function endpointFaults(draft: DeploymentDraft, facts: DraftFacts): DraftFault[] {
  return [
    ...nameFault('endpoint-name', endpointNameFault(draft, facts)),
    ...nameFault('deployment-name', deploymentNameFault(draft, facts)),
  ];
}

function nameFault(field: DraftField, message: string | null): DraftFault[] {
  return message === null ? [] : [{ field, message }];
}

function endpointNameFault({ endpoint }: DeploymentDraft, { endpoints }: DraftFacts): string | null {
  const name = endpoint.name.toLowerCase();
  if (!endpoint.isNew) return endpoints.includes(name) ? null : 'Choose an endpoint.';
  if (name === '') return 'Give the endpoint a name.';
  const fault = resourceNameFault(name);
  if (fault !== null) return `The name ${fault}.`;
  return endpoints.includes(name) ? `There is an endpoint ${name} already. Choose it, or another name.` : null;
}

function deploymentNameFault({ deployment, replaces }: DeploymentDraft, { deployments }: DraftFacts): string | null {
  const name = deployment.toLowerCase();
  if (name === '') return 'Give the deployment a name.';
  const fault = resourceNameFault(name);
  if (fault !== null) return `The name ${fault}.`;
  if (replaces) return null;
  return deployments.includes(name) ? `The endpoint has a deployment ${name} already. Choose another name.` : null;
}

/** Fields of REST bodies as JSON pointers, and where the page asks for them. The longest match wins. */
const FIELD_OF_POINTER: readonly (readonly [string, DraftField])[] = [
  ['/model', 'model'],
  ['/path', 'model'],
  ['/code_configuration', 'script'],
  ['/environment', 'packages'],
  ['/type', 'model'],
  ['/external', 'external-urls'],
  ['/external/health_path', 'external-health-path'],
  ['/external/headers', 'external-headers'],
  ['/external/grpc_port', 'external-grpc-port'],
  ['/environment/image', 'container-image'],
  ['/environment/build', 'container-context'],
  ['/environment/build/dockerfile_path', 'container-dockerfile'],
  ['/environment/image_archive', 'container-archive'],
  ['/environment/inference_config', 'container-scoring-path'],
  ['/environment/inference_config/readiness_route', 'container-readiness-path'],
  ['/environment/inference_config/liveness_route', 'container-liveness-path'],
  ['/environment/inference_config/grpc_route', 'container-grpc-port'],
  ['/environment_variables', 'container-variables'],
  ['/command', 'container-command'],
  ['/model_mount_path', 'container-mount-path'],
  ['/container/user', 'container-user'],
  ['/instance_type', 'instance-type'],
  ['/instance_count', 'instance-count'],
  ['/request_settings/request_timeout_ms', 'request-timeout'],
  ['/request_settings/max_concurrent_requests_per_instance', 'request-concurrency'],
  ['/request_settings/max_queue_wait_ms', 'request-queue-wait'],
  ['/readiness_probe', 'readiness-probe'],
  ['/liveness_probe', 'liveness-probe'],
];

/** The page's field behind a problem's `errors[].path`, in the answer to one of the wizard's requests; null when none is. */
export function fieldOfPointer(step: 'model' | 'endpoint' | 'deployment', pointer: string): DraftField | null {
  if (pointer === '/name' || pointer === '?name') {
    return ({ model: 'model-name', endpoint: 'endpoint-name', deployment: 'deployment-name' } as const)[step];
  }
  if (pointer === '/endpoint_name') return 'endpoint-name';
  const found = FIELD_OF_POINTER.filter(([prefix]) => pointer === prefix || pointer.startsWith(`${prefix}/`));
  return found.toSorted(([a], [b]) => b.length - a.length)[0]?.[1] ?? null;
}
