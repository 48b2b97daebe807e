import { parseExternalUrl } from '#lib/contracts/external-rules.ts';
import { type ExternalServers, hostFault } from '#server/domain/external-server.ts';
import { type Clock, formatInstant } from '#server/kernel/clock.ts';
import { elapsedSince, type InstanceProbes, startProbes } from '../probing/probe-instance.ts';
import type { Readiness } from '../probing/probe-state.ts';
import type { EnsureOutcome, ExternalTarget, InstanceSpec, ObservedInstance } from '../runtime-driver.ts';
import { probeTargetOf } from './external-servers.ts';

/** The spec of an instance that is watched. */
export type WatchSpec = InstanceSpec & { external: ExternalTarget };

/** What is kept of a watched server: enough for another driver to go on where this one stopped. */
export type KeptServer = Pick<ObservedInstance, 'generation' | 'startedAt' | 'restarts' | 'lastExit'> & {
  spec: WatchSpec;
  address: string | null;
  ready: boolean;
};

export interface WatchDeps {
  servers: ExternalServers;
  clock: Clock;
  /** How often a name is resolved anew. */
  resolveMs: number;
  /** Something was seen that is worth a line in the log. */
  note(spec: WatchSpec, text: string): void;
  onHint(endpoint: string): void;
}

const RESOLVE_UNREADY_MS = 3_000;

/** Watches one external server: where it is, and whether it answers. */
export interface ServerWatch {
  readonly spec: WatchSpec;
  /** Finds the server's address and begins to probe it. */
  begin(): Promise<EnsureOutcome>;
  /** Goes on at the address that is kept, as long as it may still be reached. */
  adopt(): Promise<void>;
  observe(): ObservedInstance;
  /** Somebody has seen it failing: probes it now, and looks whether it has moved. */
  check(): void;
  stop(): void;
}

/**
 * Watches a server at one pinned address. The name is resolved again at every turn, and a new address is taken only when all that the name stands for
 * may be reached and, while the old one serves, the server answers there: so neither a mistake in a zone nor a hostile one moves requests to a
 * place where they must not go.
 */
export function watchServer(deps: WatchDeps, initial: KeptServer): ServerWatch {
  const { servers, clock } = deps;
  const { spec } = initial;
  const { host, port, basePath } = parseExternalUrl(spec.external.url);
  const headers = openHeaders(servers, spec);
  let kept = initial;
  let probes: InstanceProbes | null = null;
  /** Why there is no address, or why a new one is not taken. */
  let trouble: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | null = null;
  let stopped = false;

  /** Connections to the former address are given up. The time that the server has to become ready runs on from where it began. */
  function pin(address: string, readiness: Readiness): void {
    probes?.stop();
    const startedAt = kept.startedAt ?? formatInstant(clock.now());
    kept = { ...kept, address, startedAt, generation: kept.generation + 1, ready: readiness === 'ready' };
    deps.note(spec, `watched at ${address}, port ${port}`);
    startWatching(address, readiness);
  }

  function startWatching(address: string, readiness: Readiness): void {
    probes = startProbes({
      spec: below(spec, basePath),
      target: probeTargetOf({ url: spec.external.url, address, headers }),
      sinceStartMs: elapsedSince(clock, Date.parse(kept.startedAt ?? formatInstant(clock.now()))),
      initial: readiness,
      onReadiness(next) {
        kept = { ...kept, ready: next === 'ready' };
        deps.note(spec, next === 'ready' ? 'ready' : `not ready: ${probes?.lastResult ?? 'no answer'}`);
        deps.onHint(spec.endpoint);
      },
      onNotAlive,
    });
    deps.onHint(spec.endpoint);
  }

  /** There is nothing to start again; connections are given up, and the server is looked for anew. */
  function onNotAlive(words: string): void {
    const at = formatInstant(clock.now());
    const lastExit = { code: null, signal: null, reason: `was given up: ${words}`, outOfMemory: false, at };
    kept = { ...kept, restarts: kept.restarts + 1, lastExit, startedAt: at };
    deps.note(spec, lastExit.reason);
    pin(kept.address ?? '', 'probing');
    lookAgain();
  }

  /** One look at a time. */
  function lookAgain(): void {
    looking ??= look().finally(() => {
      looking = null;
    });
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    const found = await servers.resolve(host);
    if (stopped) return;
    if (found.kind === 'allowed') await follow(found.addresses);
    else refuse(hostFault(host, found) ?? '');
    if (!stopped) lookLater();
  }

  /** What does not answer may have moved. */
  function lookLater(): void {
    const isServing = probes?.readiness === 'ready';
    timer = setTimeout(lookAgain, isServing ? deps.resolveMs : Math.min(deps.resolveMs, RESOLVE_UNREADY_MS));
  }

  function refuse(fault: string): void {
    if (trouble === fault) return;
    trouble = fault;
    deps.note(spec, kept.address === null ? fault : `stays at ${kept.address}: ${fault}`);
    deps.onHint(spec.endpoint);
  }

  /** While the server answers it stays where it is as long as the name says so; when it does not, the next address is tried. */
  async function follow(addresses: readonly string[]): Promise<void> {
    const at = kept.address === null ? -1 : addresses.indexOf(kept.address);
    const readiness = probes?.readiness ?? 'probing';
    const isServing = readiness === 'ready';
    const next = addresses[at < 0 ? 0 : (at + 1) % addresses.length] as string;
    const isUntried = at >= 0 && probes?.attempts === 0;
    if (next === kept.address || isUntried || (isServing && at >= 0)) {
      trouble = null;
      return;
    }
    if (isServing && !(await answersAt(next))) return;
    if (stopped) return;
    trouble = null;
    pin(next, readiness);
  }

  async function answersAt(address: string): Promise<boolean> {
    const { path, timeoutSeconds } = spec.readiness;
    const { ok, words } = await servers.probe(
      { url: spec.external.url, address, headers },
      path,
      timeoutSeconds * 1000,
    );
    if (!ok) refuse(`${host} has moved to ${address}, where it does not answer: ${words}.`);
    return ok;
  }

  function observe(): ObservedInstance {
    const { address, generation, startedAt, restarts, lastExit } = kept;
    const { instanceId, endpoint, deployment, specHash } = spec;
    return {
      instanceId,
      endpoint,
      deployment,
      specHash,
      state: address === null ? 'unready' : (probes?.readiness ?? 'probing'),
      generation,
      address: address === null ? null : { host: address, port },
      startedAt,
      restarts,
      lastExit,
      runtimeRef: address === null ? null : `external:${address.includes(':') ? `[${address}]` : address}:${port}`,
      memoryLimitBy: 'none',
      probe: { attempts: probes?.attempts ?? 0, lastResult: trouble ?? probes?.lastResult ?? 'not probed yet' },
    };
  }

  return {
    spec,
    async begin() {
      const found = await servers.resolve(host);
      if (found.kind !== 'allowed') {
        const code = found.kind === 'forbidden' ? 'deployment.address_not_allowed' : 'deployment.address_unknown';
        return { kind: 'refused', code, detail: hostFault(host, found) ?? '' };
      }
      pin(found.addresses[0] as string, 'probing');
      lookLater();
      return { kind: 'started' };
    },
    async adopt() {
      const { address } = kept;
      const found = address === null ? null : await servers.resolve(address);
      if (address !== null && found?.kind === 'allowed') {
        startWatching(address, kept.ready ? 'ready' : 'probing');
      } else if (found !== null) {
        kept = { ...kept, address: null, ready: false };
        refuse(hostFault(address ?? host, found) ?? '');
      }
      lookAgain();
    },
    observe,
    check() {
      probes?.probeNow();
      lookAgain();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      probes?.stop();
    },
  };
}

/** Probes go below the base path, as all requests do. */
function below(spec: WatchSpec, basePath: string): WatchSpec {
  const { liveness, readiness } = spec;
  return {
    ...spec,
    liveness: { ...liveness, path: `${basePath}${liveness.path}` },
    readiness: { ...readiness, path: `${basePath}${readiness.path}` },
  };
}

function openHeaders(servers: ExternalServers, { endpoint, deployment, external }: WatchSpec): Record<string, string> {
  const owner = `${endpoint}/${deployment}`;
  return Object.fromEntries(
    Object.entries(external.headers).map(([name, sealed]) => [name, servers.open(owner, sealed)]),
  );
}
