import type { Deployment, DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { DeploymentCode } from '#lib/contracts/deployment-code.ts';
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
import { type CodeFile, NEW_SCRIPT, type ScriptForm } from '#lib/deployment-yaml/script-source.ts';
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
  /** What was written of it and no section asks for. */
  untold: DeploymentWrite;
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
    untold: {},
  };
}

/** The changes of a form that another method is chosen for. Scripts and containers bring no model by themselves. */
export function choosing(method: DeployMethod, { tab, model }: Pick<WizardForm, 'tab' | 'model'>): Partial<WizardForm> {
  if (method === 'no-code') return { method, ...(tab === 'none' && { tab: 'sample' as const }) };
  return { method, ...(model === null && { tab: 'none' as const }) };
}

/** What a deployment names, where the form needs to know what is in it. */
export interface DeploymentParts {
  environment: EnvironmentVersion | null;
  code: DeploymentCode | null;
}

/** The form of a deployment that exists, to change it and deploy it again. */
export function formOfDeployment(id: string, deployment: Deployment, parts: DeploymentParts): WizardForm {
  const reference = deployment.model === null ? null : parseModelReference(deployment.model);
  const method = methodOf(deployment);
  const standard = standardsOf(method);
  const container = method === 'container' ? parts.environment : null;
  return {
    ...emptyForm(id),
    method,
    ...(deployment.external && { external: formOfServers(deployment.external) }),
    ...(method === 'low-code' && { script: scriptOf(deployment, parts) }),
    ...(container && { container: formOfContainer(deployment, container) }),
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
    untold: untoldOf(deployment),
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

/** What the form leaves alone, unless it is what the API fills in by itself. */
function untoldOf(deployment: Deployment): DeploymentWrite {
  const { description, tags, properties, scale_settings: scale, app_insights_enabled: insights } = deployment;
  const { data_collector, egress_public_network_access, resources } = deployment;
  return {
    ...(description !== '' && { description }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(scale.type !== 'default' && { scale_settings: scale as DeploymentWrite['scale_settings'] }),
    ...(insights && { app_insights_enabled: true }),
    ...(data_collector && { data_collector }),
    ...(egress_public_network_access && { egress_public_network_access }),
    ...(resources && { resources }),
    ...untoldOfProgram(deployment),
  };
}

/** The sections of containers and external servers ask for these themselves. */
function untoldOfProgram(deployment: Deployment): DeploymentWrite {
  const method = methodOf(deployment);
  if (method === 'container' || method === 'external') return {};
  const { environment, environment_variables: variables, model_mount_path, command, container, runtime } = deployment;
  return {
    ...(method === 'no-code' && environment !== undefined && { environment }),
    ...(Object.keys(variables).length > 0 && { environment_variables: variables }),
    ...(model_mount_path && { model_mount_path }),
    ...(command && { command }),
    ...(container && { container }),
    // Processes are what is taken by itself wherever they can be.
    ...(runtime === 'docker' && { runtime }),
  };
}

/** What was written last, in this session or as it is deployed. */
function scriptOf(deployment: Deployment, parts: DeploymentParts): ScriptForm {
  const { code_configuration: code, environment, operation_id: operation } = deployment;
  const kept = findKeptCode(operation);
  if (kept !== null || code === undefined) return kept ?? NEW_SCRIPT;
  const packages = { ...NEW_SCRIPT, scoringScript: code.scoring_script, ...packagesOf(environment, parts.environment) };
  const files = parts.code === null ? null : textsOf(parts.code);
  return files === null ? { ...packages, files: [], stored: code.code } : { ...packages, files, stored: null };
}

/** Null where a file is no text: code that cannot be written back whole stays as it was deployed. */
function textsOf({ files }: DeploymentCode): CodeFile[] | null {
  const texts = files.flatMap(({ path, text }) => (text === null ? [] : [{ path, text }]));
  return texts.length === files.length ? texts : null;
}

/** Packages that were written with the deployment can be written on; an environment with a name is somebody's for others too. */
function packagesOf(written: Deployment['environment'], environment: EnvironmentVersion | null): Partial<ScriptForm> {
  const reference = typeof written === 'string' ? parseModelReference(written) : null;
  if (reference === null) return {};
  const { conda_file: conda, pip_requirements: pip } = environment ?? {};
  const isNamed = !reference.name.startsWith('anonymous-');
  if (!isNamed && conda !== undefined) return { packages: 'conda', conda };
  if (!isNamed && pip !== undefined) return { packages: 'pip', pip };
  return { packages: 'registered', environment: reference };
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
