import type { Deployment } from '#lib/contracts/deployment.ts';
import type { EnvironmentVersion } from '#lib/contracts/environment.ts';
import {
  CONCURRENCY_DEFAULTS,
  EXTERNAL_READINESS_DEFAULTS,
  LIVENESS_DEFAULTS,
  READINESS_DEFAULTS,
  REQUEST_DEFAULTS,
} from '#lib/contracts/deployment-defaults.ts';
import {
  EMPTY_PROBE,
  type EndpointAuthMode,
  type ProbeDraft,
  type RequestSettingsDraft,
} from '#lib/deployment-yaml/draft.ts';
import { type ModelSource, parseModelReference } from '#lib/deployment-yaml/model-source.ts';
import { type ContainerForm, EMPTY_CONTAINER } from '#lib/deployment-yaml/container-source.ts';
import { EMPTY_EXTERNAL, type ExternalForm } from '#lib/deployment-yaml/external-source.ts';
import { NEW_SCRIPT, type ScriptForm } from '#lib/deployment-yaml/script-source.ts';
import { suggestModelName } from '#lib/deployment-yaml/suggest-names.ts';
import type { UploadedModel } from '../use-upload.ts';
import { formOfContainer } from './container-form.ts';
import { findKeptCode } from './kept-code.ts';

/** What is served: a model, a script or a container that may use one, or servers that run already. */
export type DeployMethod = 'no-code' | 'low-code' | 'container' | 'external';

/** `none` is for code and containers that need no model. */
export type ModelTab = 'sample' | 'upload' | 'registered' | 'none';

/**
 * What somebody entered. Null means untouched: the page then shows a suggestion that follows the other fields, and `resolveForm` puts it in.
 * Plain data, since it is kept in the session's storage.
 */
export interface WizardForm {
  /** Makes a repeated registration of the same upload one registration. */
  id: string;
  method: DeployMethod;
  external: ExternalForm;
  script: ScriptForm;
  container: ContainerForm;
  tab: ModelTab;
  model: ModelSource | null;
  instanceType: string | null;
  instanceCount: number;
  requestSettings: RequestSettingsDraft;
  readinessProbe: ProbeDraft;
  livenessProbe: ProbeDraft;
  endpointIsNew: boolean;
  endpointName: string | null;
  description: string;
  authMode: EndpointAuthMode;
  deploymentName: string | null;
  takesAllTraffic: boolean | null;
  /** The deployment that is edited, if one is. */
  edits: string | null;
}

export function emptyForm(id: string): WizardForm {
  return {
    id,
    method: 'no-code',
    external: EMPTY_EXTERNAL,
    script: NEW_SCRIPT,
    container: EMPTY_CONTAINER,
    tab: 'sample',
    model: null,
    instanceType: null,
    instanceCount: 1,
    requestSettings: { request_timeout_ms: null, max_concurrent_requests_per_instance: null, max_queue_wait_ms: null },
    readinessProbe: EMPTY_PROBE,
    livenessProbe: EMPTY_PROBE,
    endpointIsNew: true,
    endpointName: null,
    description: '',
    authMode: 'key',
    deploymentName: null,
    takesAllTraffic: null,
    edits: null,
  };
}

/**
 * The form of a deployment that exists, to change it and try again.
 * @param environment that it names, if it is a container
 */
export function formOfDeployment(
  id: string,
  deployment: Deployment,
  environment: EnvironmentVersion | null = null,
): WizardForm {
  const reference = deployment.model === null ? null : parseModelReference(deployment.model);
  const standard = standardsOf(methodOf(deployment));
  return {
    ...emptyForm(id),
    ...(deployment.external && { method: 'external', external: formOfServers(deployment.external) }),
    ...(deployment.code_configuration && { method: 'low-code', script: scriptOf(deployment) }),
    ...(environment && { method: 'container', container: formOfContainer(deployment, environment) }),
    tab: reference === null && needsNoModel(deployment) ? 'none' : 'registered',
    model: reference && { kind: 'registered', ...reference },
    instanceType: deployment.instance_type,
    instanceCount: deployment.instance_count,
    requestSettings: unlessDefault(deployment.request_settings, standard.request),
    readinessProbe: unlessDefault(deployment.readiness_probe, standard.readiness),
    livenessProbe: unlessDefault(deployment.liveness_probe, LIVENESS_DEFAULTS),
    endpointIsNew: false,
    endpointName: deployment.endpoint_name,
    deploymentName: deployment.name,
    edits: deployment.name,
  };
}

function methodOf({ external, code_configuration: code, deployment_kind: kind }: Deployment): DeployMethod {
  if (external) return 'external';
  if (kind === 'container') return 'container';
  return code ? 'low-code' : 'no-code';
}

function needsNoModel({ code_configuration: code, deployment_kind: kind }: Deployment): boolean {
  return code !== undefined || kind === 'container';
}

/** Code that was written in this session can be written on; other code stays as it was deployed. */
function scriptOf({ code_configuration: code, environment, operation_id: operation }: Deployment): ScriptForm {
  const kept = findKeptCode(operation);
  if (kept !== null || code === undefined) return kept ?? NEW_SCRIPT;
  const reference = typeof environment === 'string' ? parseModelReference(environment) : null;
  const packages: Partial<ScriptForm> = reference === null ? {} : { packages: 'registered', environment: reference };
  return { ...NEW_SCRIPT, files: [], scoringScript: code.scoring_script, stored: code.code, ...packages };
}

/** The values of headers come masked; written back so, they stay as they are. */
function formOfServers(external: NonNullable<Deployment['external']>): ExternalForm {
  const { urls, health_path: healthPath, headers, grpc_port: grpcPort } = external;
  const rows = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return { urls: urls.join('\n'), healthPath, headers: rows, grpcPort: grpcPort === undefined ? '' : String(grpcPort) };
}

const CONCURRENCY: Readonly<Record<DeployMethod, number>> = {
  'no-code': CONCURRENCY_DEFAULTS.onnx,
  'low-code': CONCURRENCY_DEFAULTS.scoring_script,
  container: CONCURRENCY_DEFAULTS.container,
  external: CONCURRENCY_DEFAULTS.external,
};

/** What the API fills in, which is not the same for what runs here and for what runs elsewhere. */
export function standardsOf(method: DeployMethod) {
  const request = { ...REQUEST_DEFAULTS, max_concurrent_requests_per_instance: CONCURRENCY[method] };
  const isExternal = method === 'external';
  return { request, readiness: { ...READINESS_DEFAULTS, ...(isExternal && EXTERNAL_READINESS_DEFAULTS) } };
}

/** The API answers with every default filled in; what equals it was most likely not chosen and stays out of the request. */
function unlessDefault<Key extends string>(
  values: Readonly<Record<Key, number>>,
  defaults: Readonly<Record<Key, number>>,
): Record<Key, number | null> {
  const entries = Object.entries<number>(values).map(([key, value]) => [
    key,
    value === defaults[key as Key] ? null : value,
  ]);
  return Object.fromEntries(entries) as Record<Key, number | null>;
}

/** The model that an upload is to become a version of. */
export function sourceOfUpload(upload: UploadedModel, before: ModelSource | null): ModelSource {
  const name = before?.kind === 'upload' && before.filename === upload.filename ? before.name : null;
  return { kind: 'upload', ...upload, name: name ?? suggestModelName(upload.filename) };
}
