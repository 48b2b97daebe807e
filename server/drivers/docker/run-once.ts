import type { OnceRun, ProgramEnd } from '#server/domain/trial.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { DriverUnavailableError } from '../runtime-driver.ts';
import { checkMounts } from './check-mounts.ts';
import { compileContainerRequest } from './container-request.ts';
import { EngineRefusalError } from './engine.ts';
import { explainRefusal } from './explain-refusal.ts';
import { containerName, labelsOfTrial } from './labels.ts';
import { type ContainerInstanceSpec, type MakerDeps, networkOf, type Refused } from './make-container.ts';

/** What a shell tells of a program that was killed: by the kernel, most often, because its memory was used up. */
const KILLED_STATUS = 137;

/**
 * Runs the program of an instance to its end, in a container that is confined as an instance is and that is gone afterwards. It has no GPU, and nobody
 * can call it.
 * @throws AppError with what the engine refused
 */
export async function runOnce(deps: MakerDeps, spec: ContainerInstanceSpec, run: OnceRun): Promise<ProgramEnd> {
  try {
    const id = await create(deps, spec);
    return await runToEnd(deps, id, run).finally(() => deps.engine.remove(id));
  } catch (error) {
    if (error instanceof EngineRefusalError) throw refusal(explainRefusal(error));
    if (error instanceof DriverUnavailableError) throw new AppError('deployment.runtime_unavailable', error.message);
    throw error;
  }
}

async function create(deps: MakerDeps, spec: ContainerInstanceSpec): Promise<string> {
  const checked = await checkMounts(spec.container.mounts, deps.mountRoots);
  if (checked.kind === 'refused') throw refusal(checked);
  const name = containerName(deps.installationId, spec.instanceId, 0);
  const request = compileContainerRequest({
    spec,
    container: { ...spec.container, mounts: checked.mounts },
    name,
    labels: labelsOfTrial(deps.installationId),
    gpuDevices: [],
    pidsLimit: deps.pidsLimit,
    ...(await networkOf(deps, spec)),
    published: false,
  });
  const id = await deps.engine.create({ ...request, OpenStdin: true, StdinOnce: true });
  if (id === null) throw new Error(`Another container has the name ${name}.`);
  return id;
}

async function runToEnd({ engine }: MakerDeps, id: string, { input, timeoutMs, signal }: OnceRun): Promise<ProgramEnd> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const output = await engine.runToEnd(id, input, AbortSignal.any([signal, timeout]));
  const found = await engine.inspect(id);
  const code = found?.exitCode ?? null;
  const isKilled = code === KILLED_STATUS || found?.outOfMemory === true;
  return { ...output, code: isKilled ? null : code, signal: isKilled ? 'SIGKILL' : null, timedOut: timeout.aborted };
}

const refusal = ({ code, detail }: Refused): AppError => new AppError(code, detail);
