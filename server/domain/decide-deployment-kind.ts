import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';

/** Kinds that this release can run. */
type RunnableKind = 'onnx' | 'command';

/**
 * What kind of deployment a description asks for.
 * @throws AppError `deployment.kind_not_supported` or `deployment.runtime_unavailable` naming what is missing and what works instead
 */
export function decideDeploymentKind(written: DeploymentWrite, detected: DetectedModel | null): RunnableKind {
  refuseOtherTypes(written);
  if (written.code_configuration !== undefined) {
    throw unsupported(
      '/code_configuration',
      'Scoring scripts need a Python model server, which is not built yet. ONNX models are served without code.',
    );
  }
  if (written.command !== undefined) return decideCommand(written);
  if (written.environment !== undefined) {
    throw unsupported(
      '/environment',
      'An environment asks for a container or a Python environment, and neither can be built yet. Leave it out to serve an ONNX model, or give "command".',
    );
  }
  return decideByModel(detected);
}

function refuseOtherTypes(written: DeploymentWrite): void {
  const runtime = written.type === 'kubernetes' ? 'kubernetes' : written.runtime;
  if (runtime === 'docker' || runtime === 'kubernetes') {
    const path = written.type === 'kubernetes' ? '/type' : '/runtime';
    const detail = `The ${runtime} runtime cannot be used yet. Instances run as processes of this host: leave "${path.slice(1)}" out.`;
    throw new AppError('deployment.runtime_unavailable', detail, { errors: [{ path, message: detail }] });
  }
}

/** A command may name where its probes are answered, and nothing else of an environment. */
function decideCommand({ environment }: DeploymentWrite): 'command' {
  const onlyRoutes =
    environment === undefined ||
    (typeof environment === 'object' && Object.keys(environment).every((field) => field === 'inference_config'));
  if (onlyRoutes) return 'command';
  throw unsupported(
    '/environment',
    'A command runs with the programs of this host. Of an environment only "inference_config" can be used with it.',
  );
}

function decideByModel(detected: DetectedModel | null): 'onnx' {
  if (detected === null) {
    const message = 'is needed: name a registered model, for example "azureml:iris:1", or give "command"';
    throw new AppError('request.invalid', `The field model ${message}.`, { errors: [{ path: '/model', message }] });
  }
  if (detected.format === 'onnx' && detected.servable) return 'onnx';
  throw unsupported('/model', detected.reason);
}

function unsupported(path: string, detail: string): AppError {
  return new AppError('deployment.kind_not_supported', detail, { errors: [{ path, message: detail }] });
}
