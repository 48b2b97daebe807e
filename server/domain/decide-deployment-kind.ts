import type { DeploymentKind, DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { needsContainer, type StoredDefinition } from './environment.ts';

/** Kinds that instances are started for. */
export type RunnableKind = Exclude<DeploymentKind, 'external'>;

export interface KindFindings {
  model: DetectedModel | null;
  /** Of the environment that the deployment names; null without one. */
  environment: StoredDefinition | null;
}

/**
 * What kind of deployment a description asks for: somebody's script, somebody's container or program, or a model that is served without code.
 * @throws AppError `deployment.kind_not_supported` or `deployment.runtime_unavailable` naming what is missing and what works instead
 */
export function decideDeploymentKind(written: DeploymentWrite, { model, environment }: KindFindings): RunnableKind {
  refuseKubernetes(written);
  if (written.code_configuration !== undefined) return 'scoring_script';
  if (bringsServer(written, environment, model)) return 'container';
  if (written.command !== undefined) return decideCommand(written, environment);
  return decideByModel(model);
}

function refuseKubernetes(written: DeploymentWrite): void {
  const runtime = written.type === 'kubernetes' ? 'kubernetes' : written.runtime;
  if (runtime !== 'kubernetes') return;
  const path = written.type === 'kubernetes' ? '/type' : '/runtime';
  const detail = `The kubernetes runtime cannot be used yet. Instances run as processes or containers of this host: leave "${path.slice(1)}" out.`;
  throw new AppError('deployment.runtime_unavailable', detail, { errors: [{ path, message: detail }] });
}

/** An image that answers by itself. Of a model that we can serve, an image is only what it is served in. */
function bringsServer(
  written: DeploymentWrite,
  environment: StoredDefinition | null,
  model: DetectedModel | null,
): boolean {
  if (environment === null) return false;
  if (written.command !== undefined && (written.runtime === 'docker' || needsContainer(environment))) return true;
  const hasRoutes = environment.inferenceConfig?.scoring_route !== undefined;
  const imageOnly = needsContainer(environment);
  return imageOnly && (hasRoutes || model === null || model.format !== 'mlflow');
}

/** A command of this host may name where its probes are answered, and nothing else of an environment. */
function decideCommand(written: DeploymentWrite, environment: StoredDefinition | null): 'command' {
  if (written.runtime === 'docker') {
    throw unsupported('/environment', 'A command in a container needs an environment with an image.');
  }
  if (environment === null) return 'command';
  throw unsupported(
    '/environment',
    'A command runs with the programs of this host. Of an environment only "inference_config" can be used with it.',
  );
}

function decideByModel(detected: DetectedModel | null): RunnableKind {
  if (detected === null) {
    const message =
      'is needed: name a registered model, for example "azureml:iris:1", or give "code_configuration", an "environment" with an image, or "command"';
    throw new AppError('request.invalid', `The field model ${message}.`, { errors: [{ path: '/model', message }] });
  }
  // Which server it gets, and whether there is one, depends on the host.
  if (detected.format === 'triton' && detected.triton) return 'triton';
  if ((detected.format === 'onnx' || detected.format === 'mlflow') && detected.servable) return detected.format;
  throw unsupported('/model', detected.reason);
}

function unsupported(path: string, detail: string): AppError {
  return new AppError('deployment.kind_not_supported', detail, { errors: [{ path, message: detail }] });
}
