import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import type { ConsoleLine, InstanceExit, InstanceSpec, LogStream, ObservedInstance } from '../runtime-driver.ts';

/**
 * What a fake instance does, as the arguments of its command `fake`: `fake` alone is ready at once; `fake never-ready`; `fake exits <code>`
 * ends as soon as it starts, again and again; `fake missing` cannot be started. Every other argument is a line that it prints.
 */
export const FAKE_COMMAND = 'fake';

/** Fake time runs faster: a back-off of a second takes this long. */
const BACK_OFF_MS = 20;

export interface FakeInstance {
  spec: InstanceSpec;
  /** Of all programs that were ever started in this world. */
  serial: number;
  state: ObservedInstance['state'];
  generation: number;
  restarts: number;
  startedAt: string | null;
  lastExit: InstanceExit | null;
  server: Server | null;
  port: number | null;
  timer: NodeJS.Timeout | undefined;
  /** Set while it ends, for all who ask for that. */
  ending: Promise<void> | null;
}

/** Where fake instances live. It outlives the fake drivers that look at it, as a host outlives a control plane. */
export interface FakeWorld {
  readonly instances: ReadonlyMap<string, FakeInstance>;
  start(spec: InstanceSpec): Promise<void>;
  end(instanceId: string): Promise<void>;
  /** Ends the program and leaves it so until `resume`. */
  suspend(instanceId: string): Promise<void>;
  resume(): Promise<void>;
  /** Ends the program as if it had ended by itself; it is started again. */
  crash(instanceId: string, exit: Partial<Pick<InstanceExit, 'code' | 'signal' | 'outOfMemory'>>): Promise<void>;
  /** Makes the readiness probe of an instance succeed or fail from now on. */
  setReady(instanceId: string, ready: boolean): void;
  print(instanceId: string, stream: LogStream, text: string): void;
  readonly lines: Map<string, ConsoleLine[]>;
  /** Calls back with the endpoint whenever something changed. */
  onChange(listener: (endpoint: string) => void): () => void;
  onLine(listener: (deployment: string, line: ConsoleLine) => void): () => void;
  close(): Promise<void>;
}

export const deploymentKey = (endpoint: string, deployment: string): string => `${endpoint}/${deployment}`;

export function createFakeWorld(clock: Clock): FakeWorld {
  const instances = new Map<string, FakeInstance>();
  const lines = new Map<string, ConsoleLine[]>();
  const changeListeners = new Set<(endpoint: string) => void>();
  const lineListeners = new Set<(deployment: string, line: ConsoleLine) => void>();
  let cursor = 0;
  let serial = 0;

  function changed(instance: FakeInstance): void {
    for (const listener of changeListeners) listener(instance.spec.endpoint);
  }

  function print(instanceId: string, stream: LogStream, text: string): void {
    const { spec } = known(instanceId);
    const line = { cursor: String((cursor += 1)), at: formatInstant(clock.now()), instanceId, stream, text };
    const key = deploymentKey(spec.endpoint, spec.deployment);
    lines.set(key, [...(lines.get(key) ?? []), line]);
    for (const listener of lineListeners) listener(key, line);
  }

  function known(instanceId: string): FakeInstance {
    const instance = instances.get(instanceId);
    if (instance === undefined) throw new Error(`There is no fake instance ${instanceId}.`);
    return instance;
  }

  async function start(spec: InstanceSpec): Promise<void> {
    const instance: FakeInstance = {
      spec,
      serial: 0,
      state: 'starting',
      generation: 0,
      restarts: 0,
      startedAt: null,
      lastExit: null,
      server: null,
      port: null,
      timer: undefined,
      ending: null,
    };
    instances.set(spec.instanceId, instance);
    await run(instance);
  }

  async function run(instance: FakeInstance): Promise<void> {
    const [, ...script] = instance.spec.command;
    instance.generation += 1;
    instance.serial = serial += 1;
    instance.startedAt = formatInstant(clock.now());
    const { server, port } = await listen(instance.spec);
    Object.assign(instance, { server, port, state: 'probing' });
    print(instance.spec.instanceId, 'system', `started on port ${port}`);
    const exits = script.indexOf('exits');
    const words = script.filter((word, at) => word !== 'never-ready' && (exits < 0 || at < exits || at > exits + 1));
    for (const word of words) print(instance.spec.instanceId, word.startsWith('!') ? 'stderr' : 'stdout', word);
    if (exits >= 0) return crash(instance.spec.instanceId, { code: Number(script[exits + 1]) });
    if (script.includes('never-ready')) instance.timer = setTimeout(() => mark(instance, 'unready'), BACK_OFF_MS);
    else mark(instance, 'ready');
  }

  function mark(instance: FakeInstance, state: FakeInstance['state']): void {
    instance.state = state;
    changed(instance);
  }

  async function crash(instanceId: string, exit: Parameters<FakeWorld['crash']>[1]): Promise<void> {
    const instance = known(instanceId);
    await stopServing(instance);
    const { code = null, signal = null, outOfMemory = false } = exit;
    const reason = outOfMemory
      ? 'killed for memory'
      : code === null
        ? `killed by ${signal}`
        : `exited with code ${code}`;
    instance.lastExit = { code, signal, reason, outOfMemory, at: formatInstant(clock.now()) };
    instance.restarts += 1;
    print(instanceId, 'system', `${reason}; starting again`);
    instance.timer = setTimeout(() => void run(instance), BACK_OFF_MS);
    mark(instance, 'backing_off');
  }

  async function stopServing(instance: FakeInstance): Promise<void> {
    clearTimeout(instance.timer);
    const { server } = instance;
    Object.assign(instance, { server: null, port: null });
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  /** Real programs end once nobody waits for them. These answer as soon as they read, so it is enough to let them read. */
  async function answerWhatHasCome(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function end(instanceId: string): Promise<void> {
    const instance = instances.get(instanceId);
    if (instance !== undefined) await (instance.ending ??= endOnce(instance));
  }

  async function endOnce(instance: FakeInstance): Promise<void> {
    const { instanceId } = instance.spec;
    mark(instance, 'stopping');
    await answerWhatHasCome();
    await stopServing(instance);
    if (!instances.has(instanceId)) return;
    print(instanceId, 'system', 'stopped and removed');
    instances.delete(instanceId);
    changed(instance);
  }

  async function suspend(instanceId: string): Promise<void> {
    const instance = known(instanceId);
    await stopServing(instance);
    mark(instance, 'exited');
  }

  async function resume(): Promise<void> {
    for (const instance of instances.values()) if (instance.state === 'exited') await run(instance);
  }

  return {
    instances,
    lines,
    suspend,
    resume,
    start,
    end,
    crash,
    print,
    setReady(instanceId, ready) {
      mark(known(instanceId), ready ? 'ready' : 'unready');
    },
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    onLine(listener) {
      lineListeners.add(listener);
      return () => lineListeners.delete(listener);
    },
    async close() {
      await Promise.all([...instances.values()].map(stopServing));
      instances.clear();
    },
  };
}

/** A real listener, so that a real gateway can be put in front of fake instances. */
async function listen(spec: InstanceSpec): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ deployment: spec.deployment, instance: spec.instanceId, path: request.url }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}
