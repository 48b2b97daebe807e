import { createHash } from 'node:crypto';
import type { InstanceSpec } from '../runtime-driver.ts';

/** On everything that we make in the engine, so that we find ours and nobody else's. */
const INSTALLATION = 'io.viridian.installation';
const ENDPOINT = 'io.viridian.endpoint';
const DEPLOYMENT = 'io.viridian.deployment';
const INSTANCE = 'io.viridian.instance';
const SPEC_HASH = 'io.viridian.spec-hash';
const GENERATION = 'io.viridian.generation';
/** On containers of trials, and nothing else of ours. */
const TRIAL = 'io.viridian.trial';
/** On networks only. */
const NETWORK_ROLE = 'io.viridian.role';

/** What the labels of a container of ours say. */
export interface ContainerMark {
  endpoint: string;
  deployment: string;
  instanceId: string;
  specHash: string;
  generation: number;
}

export function instanceFilter(installationId: string): string[] {
  // Images that we build carry the installation's label, and containers of theirs inherit it.
  return [`${INSTALLATION}=${installationId}`, INSTANCE];
}

/** For the containers of one instance. */
export function generationsFilter(installationId: string, instanceId: string): string[] {
  return [`${INSTALLATION}=${installationId}`, `${INSTANCE}=${instanceId}`];
}

export function trialFilter(installationId: string): string[] {
  return [`${TRIAL}=${installationId}`];
}

export function labelsOfTrial(installationId: string): Record<string, string> {
  return { [TRIAL]: installationId };
}

export function networkFilter(installationId: string): string[] {
  return [`${INSTALLATION}=${installationId}`, `${NETWORK_ROLE}=deployment`];
}

export function labelsOfContainer(
  installationId: string,
  spec: InstanceSpec,
  generation: number,
): Record<string, string> {
  return {
    [INSTALLATION]: installationId,
    [ENDPOINT]: spec.endpoint,
    [DEPLOYMENT]: spec.deployment,
    [INSTANCE]: spec.instanceId,
    [SPEC_HASH]: spec.specHash,
    [GENERATION]: String(generation),
  };
}

export function labelsOfNetwork(
  installationId: string,
  { endpoint, deployment }: Pick<InstanceSpec, 'endpoint' | 'deployment'>,
): Record<string, string> {
  return {
    [INSTALLATION]: installationId,
    [ENDPOINT]: endpoint,
    [DEPLOYMENT]: deployment,
    [NETWORK_ROLE]: 'deployment',
  };
}

/** Null for what is not a container of ours. */
export function readMark(labels: Readonly<Record<string, string>>): ContainerMark | null {
  const { [ENDPOINT]: endpoint, [DEPLOYMENT]: deployment, [INSTANCE]: instanceId, [SPEC_HASH]: specHash } = labels;
  const generation = Number(labels[GENERATION]);
  if (!endpoint || !deployment || !instanceId || !specHash || !Number.isInteger(generation)) return null;
  return { endpoint, deployment, instanceId, specHash, generation };
}

/**
 * One container for an instance and a generation: asking twice, also after a kill in between, finds the first by its name. Names are the engine's,
 * which others share, so the installation is part of it.
 */
export function containerName(installationId: string, instanceId: string, generation: number): string {
  return `viridian-${shorten(installationId)}-${instanceId}-${generation}`;
}

/** Deployments that may open connections to other hosts and ones that may not are on different networks, also while one becomes the other. */
export function networkName(
  installationId: string,
  { endpoint, deployment }: Pick<InstanceSpec, 'endpoint' | 'deployment'>,
  isOpen: boolean,
): string {
  return `viridian-${shorten(installationId)}-${shorten(`${endpoint}/${deployment}`)}-${isOpen ? 'open' : 'closed'}`;
}

function shorten(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
