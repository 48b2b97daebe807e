import { readFile } from 'node:fs/promises';
import type { InstanceSpec } from '../runtime-driver.ts';
import { EngineRefusalError, type Engine, type ListedNetwork } from './engine.ts';
import { labelsOfNetwork, networkFilter, networkName } from './labels.ts';
import { formatSubnet, freeSubnets, parseRoutes, parseSubnet, type Subnet } from './subnets.ts';

/** 125 instances of a deployment on a network. */
const NETWORK_BITS = 25;

/** Ranges that somebody else may be using without our seeing it: so many are tried. */
const MAX_ATTEMPTS = 64;

/** Owner of a network that is only made to be looked at; names of deployments have no such form. */
const NOBODY = { endpoint: '-', deployment: '-' };

type Owner = Pick<InstanceSpec, 'endpoint' | 'deployment'>;

/**
 * A bridge for each deployment: containers of different deployments cannot reach each other, nor can the instances of one, and an address that is
 * given away again stays with its deployment.
 */
export interface DeploymentNetworks {
  /** Its name; makes it where it is not there. */
  ensure(owner: Owner, isOpen: boolean): Promise<string>;
  /** Removes the networks of a deployment that nothing is connected to and nobody wants. */
  removeUnwanted(owner: Owner): Promise<void>;
  /** Removes the networks of all deployments that nobody wants. */
  sweep(): Promise<void>;
  /** Removes every network that nothing is connected to: instances are gone for now, and make theirs anew. */
  removeIdle(): Promise<void>;
  /** Does something while there is at least one network. */
  withAny<Result>(work: (networks: readonly ListedNetwork[]) => Promise<Result>): Promise<Result>;
}

export interface NetworksDeps {
  engine: Engine;
  installationId: string;
  /** CIDR that networks are cut from. */
  pool: string;
  /** Where nothing of the pool is free the engine may choose: somebody who set the pool has rules for it that must hold. */
  mayLeavePool: boolean;
  isWanted(name: string): boolean;
}

/** Every range of the pool is taken. */
export class NoFreeRangeError extends Error {
  override readonly name = 'NoFreeRangeError';

  constructor(pool: string) {
    super(
      `No range of addresses is free for its network: all of ${pool}, as VIRIDIAN_CONTAINER_ADDRESS_POOL says, is in use on this host. Set it to another or a larger range.`,
    );
  }
}

export function createDeploymentNetworks(deps: NetworksDeps): DeploymentNetworks {
  const { engine, installationId } = deps;
  const filter = networkFilter(installationId);
  const pool = parseSubnet(deps.pool);
  if (pool === null || pool.bits > NETWORK_BITS) throw new Error(`No networks can be cut from "${deps.pool}".`);
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time: two that look for a free range at once would find the same. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  async function ensureOnce(owner: Owner, isOpen: boolean): Promise<string> {
    const name = networkName(installationId, owner, isOpen);
    const there = await engine.listNetworks(filter);
    if (there.some((network) => network.name === name)) return name;
    const taken = await takenSubnets(engine);
    let attempts = 0;
    for (const free of freeSubnets(pool as Subnet, NETWORK_BITS, taken, name)) {
      if (await create(owner, name, isOpen, formatSubnet(free))) return name;
      attempts += 1;
      if (attempts >= MAX_ATTEMPTS) break;
    }
    if (!deps.mayLeavePool) throw new NoFreeRangeError(deps.pool);
    await create(owner, name, isOpen, null);
    return name;
  }

  /** False when the range is taken after all. */
  async function create(owner: Owner, name: string, isOpen: boolean, subnet: string | null): Promise<boolean> {
    try {
      await engine.createNetwork({ name, labels: labelsOfNetwork(installationId, owner), internal: !isOpen, subnet });
      return true;
    } catch (error) {
      if (subnet !== null && error instanceof EngineRefusalError && /overlap/i.test(error.message)) return false;
      throw error;
    }
  }

  async function removeAll(networks: readonly ListedNetwork[]): Promise<void> {
    for (const { id, name } of networks) if (!deps.isWanted(name)) await engine.removeNetwork(id);
  }

  return {
    ensure: (owner, isOpen) => inTurn(() => ensureOnce(owner, isOpen)),
    removeUnwanted: (owner) =>
      inTurn(async () => {
        const names = new Set([true, false].map((isOpen) => networkName(installationId, owner, isOpen)));
        if ([...names].every(deps.isWanted)) return;
        await removeAll((await engine.listNetworks(filter)).filter(({ name }) => names.has(name)));
      }),
    sweep: () => inTurn(async () => removeAll(await engine.listNetworks(filter))),
    removeIdle: () =>
      inTurn(async () => {
        for (const { id } of await engine.listNetworks(filter)) await engine.removeNetwork(id);
      }),
    withAny: (work) =>
      inTurn(async () => {
        const there = (await engine.listNetworks([])).filter(({ subnets }) => subnets.length > 0);
        if (there.length > 0) return work(there);
        const name = await ensureOnce(NOBODY, false);
        try {
          return await work(await engine.listNetworks(filter));
        } finally {
          const made = (await engine.listNetworks(filter)).filter((network) => network.name === name);
          for (const { id } of made) await engine.removeNetwork(id);
        }
      }),
  };
}

/** Of the engine's networks, and of whatever else this host has a way to. */
async function takenSubnets(engine: Engine): Promise<Subnet[]> {
  const networks = (await engine.listNetworks([])).flatMap(({ subnets }) => subnets);
  const parsed = networks.map(parseSubnet).filter((subnet) => subnet !== null);
  return [...parsed, ...parseRoutes(await readFile('/proc/net/route', 'utf8').catch(() => ''))];
}
