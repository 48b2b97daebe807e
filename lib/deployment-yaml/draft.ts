import type { Endpoint } from '../contracts/endpoint.ts';
import type { DeploymentWrite } from '../contracts/deployment.ts';
import type { ContainerSource } from './container-source.ts';
import type { ExternalSource } from './external-source.ts';
import type { ModelSource } from './model-source.ts';
import type { ScriptSource } from './script-source.ts';

/** What a deployment serves: a model, somebody's script or container, or servers that run already. */
export type ServedSource = ModelSource | ScriptSource | ContainerSource | ExternalSource;

/** The model in what is served; null where there is none. */
export function modelOf(source: ServedSource): ModelSource | null {
  switch (source.kind) {
    case 'external':
      return null;
    case 'container':
    case 'script':
      return source.model;
    default:
      return source;
  }
}

/** Seconds and counts; null leaves the default in force. */
export interface ProbeDraft {
  initial_delay: number | null;
  period: number | null;
  timeout: number | null;
  success_threshold: number | null;
  failure_threshold: number | null;
}

export const EMPTY_PROBE: ProbeDraft = {
  initial_delay: null,
  period: null,
  timeout: null,
  success_threshold: null,
  failure_threshold: null,
};

/** Milliseconds and counts; null leaves the default in force. */
export interface RequestSettingsDraft {
  request_timeout_ms: number | null;
  max_concurrent_requests_per_instance: number | null;
  max_queue_wait_ms: number | null;
}

/** What a new endpoint can be called with here. */
export type EndpointAuthMode = Exclude<Endpoint['auth_mode'], 'aad_token'>;

/** What the wizard asks for: everything needed to make a deployment, and nothing that is only on the screen. */
export interface DeploymentDraft {
  model: ServedSource | null;
  instanceType: string | null;
  instanceCount: number;
  requestSettings: RequestSettingsDraft;
  readinessProbe: ProbeDraft;
  livenessProbe: ProbeDraft;
  endpoint: { isNew: boolean; name: string; description: string; authMode: EndpointAuthMode };
  deployment: string;
  /** Takes all live traffic once it is ready. */
  takesAllTraffic: boolean;
  /** The deployment exists and is written again. */
  replaces: boolean;
  /** What was written of it and the wizard does not ask for: it stays as it is. */
  untold: DeploymentWrite;
}

export const EMPTY_DRAFT: DeploymentDraft = {
  model: null,
  instanceType: null,
  instanceCount: 1,
  requestSettings: { request_timeout_ms: null, max_concurrent_requests_per_instance: null, max_queue_wait_ms: null },
  readinessProbe: EMPTY_PROBE,
  livenessProbe: EMPTY_PROBE,
  endpoint: { isNew: true, name: '', description: '', authMode: 'key' },
  deployment: '',
  takesAllTraffic: true,
  replaces: false,
  untold: {},
};
