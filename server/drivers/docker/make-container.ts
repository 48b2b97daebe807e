import type { ContainerSpec, EnsureOutcome, InstanceSpec } from '../runtime-driver.ts';
import type { Addressing } from './addressing.ts';
import { checkMounts } from './check-mounts.ts';
import { findProgramFault } from './check-program.ts';
import { compileContainerRequest } from './container-request.ts';
import { EngineRefusalError, type Engine, type InspectedContainer } from './engine.ts';
import { explainRefusal } from './explain-refusal.ts';
import { containerName, labelsOfContainer, readMark } from './labels.ts';
import { type DeploymentNetworks, NoFreeRangeError } from './networks.ts';

export type Refused = Extract<EnsureOutcome, { kind: 'refused' }>;

/** The spec of an instance that is a container. */
export type ContainerInstanceSpec = InstanceSpec & { container: ContainerSpec };

export interface MakerDeps {
  engine: Engine;
  installationId: string;
  networks: DeploymentNetworks;
  /** Folders below which anything may be mounted. */
  mountRoots: readonly string[];
  pidsLimit: number;
  addressing(): Promise<Addressing>;
  /** Programs that were found in their image: images never change. */
  foundPrograms: Set<string>;
}

export interface ContainerOrder {
  spec: ContainerInstanceSpec;
  generation: number;
  gpuDevices: readonly string[];
}

/** `isNew`: it was not running before. */
export type MadeContainer = { kind: 'started'; container: InspectedContainer; isNew: boolean } | Refused;

/**
 * The running container of an instance and a generation: makes and starts it, or goes on with what an earlier attempt that was cut short has left under
 * the same name, so that there is never a second.
 * @throws DriverUnavailableError
 */
export async function makeContainer(deps: MakerDeps, order: ContainerOrder): Promise<MadeContainer> {
  try {
    const found = await findEarlier(deps, order);
    if (found !== null) return { kind: 'started', container: found, isNew: false };
    const id = await create(deps, order);
    if (typeof id !== 'string') return id;
    const refused = await startChecked(deps, id, order);
    if (refused !== null) {
      await deps.engine.remove(id);
      return refused;
    }
    const container = await deps.engine.inspect(id);
    if (container === null) throw new EngineRefusalError('The container was removed while it was being started.', 404);
    return { kind: 'started', container, isNew: true };
  } catch (error) {
    if (error instanceof EngineRefusalError) return explainRefusal(error);
    if (error instanceof NoFreeRangeError) {
      return { kind: 'refused', code: 'deployment.container_refused', detail: error.message };
    }
    throw error;
  }
}

/** The container that an earlier attempt has started. Anything else under the name goes: its network may have gone before it. */
async function findEarlier(deps: MakerDeps, order: ContainerOrder): Promise<InspectedContainer | null> {
  const found = await deps.engine.inspect(nameOf(deps, order));
  if (found === null || isAsOrdered(found, order)) return found;
  await deps.engine.remove(found.id);
  return null;
}

const nameOf = ({ installationId }: MakerDeps, { spec, generation }: ContainerOrder): string =>
  containerName(installationId, spec.instanceId, generation);

async function create(deps: MakerDeps, order: ContainerOrder): Promise<string | Refused> {
  const { engine, installationId } = deps;
  const { spec, generation } = order;
  const name = nameOf(deps, order);
  const checked = await checkMounts(spec.container.mounts, deps.mountRoots);
  if (checked.kind === 'refused') return checked;
  const request = compileContainerRequest({
    spec,
    container: { ...spec.container, mounts: checked.mounts },
    name,
    labels: labelsOfContainer(installationId, spec, generation),
    gpuDevices: order.gpuDevices,
    pidsLimit: deps.pidsLimit,
    ...(await networkOf(deps, spec)),
  });
  const created = await engine.create(request);
  if (created === null) throw new Error(`Another container has the name ${name}.`);
  return created;
}

/** Where ports are published the network needs a way in, and with it has a way out. */
export async function networkOf(
  deps: MakerDeps,
  spec: ContainerInstanceSpec,
): Promise<{ network: string; published: boolean; closed: boolean }> {
  const published = (await deps.addressing()) === 'published';
  const isOpen = spec.container.egress || published;
  return { network: await deps.networks.ensure(spec, isOpen), published, closed: !isOpen };
}

function isAsOrdered(found: InspectedContainer, { spec, generation }: ContainerOrder): boolean {
  const mark = readMark(found.labels);
  const isSame = mark?.instanceId === spec.instanceId && mark.specHash === spec.specHash;
  return isSame && mark.generation === generation && found.state === 'running';
}

async function startChecked(deps: MakerDeps, id: string, { spec }: ContainerOrder): Promise<Refused | null> {
  const program = JSON.stringify([spec.container.imageId, spec.command[0], spec.environment['PATH']]);
  if (!deps.foundPrograms.has(program)) {
    const image = await deps.engine.imageProgram(spec.container.imageId);
    const fault = image === null ? null : await findProgramFault(deps.engine, id, image, spec);
    if (fault !== null) return fault;
    deps.foundPrograms.add(program);
  }
  try {
    await deps.engine.start(id);
    return null;
  } catch (error) {
    if (error instanceof EngineRefusalError) return explainRefusal(error);
    throw error;
  }
}
