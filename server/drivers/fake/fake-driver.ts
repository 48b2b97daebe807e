import type { ConsoleLine, EnsureOutcome, InstanceSpec, ObservedInstance, RuntimeDriver } from '../runtime-driver.ts';
import { deploymentKey, FAKE_COMMAND, type FakeInstance, type FakeWorld } from './fake-world.ts';

const MIB = 1024 * 1024;

/** A fault to meet a call with: thrown before the call does anything. */
export type FaultOf = (call: keyof RuntimeDriver) => Error | null;

/** A driver whose instances exist only in memory: for tests, and for demonstrations on hosts that can run nothing. */
export function createFakeDriver(world: FakeWorld, faultOf: FaultOf = () => null): RuntimeDriver {
  const unsubscribe = new Set<() => void>();

  function meetFault(call: keyof RuntimeDriver): void {
    const fault = faultOf(call);
    if (fault !== null) throw fault;
  }

  async function ensure(spec: InstanceSpec): Promise<EnsureOutcome> {
    meetFault('ensure');
    const existing = world.instances.get(spec.instanceId);
    if (existing !== undefined && existing.spec.specHash === spec.specHash) return { kind: 'unchanged' };
    if (existing !== undefined) await world.end(spec.instanceId);
    if (spec.command[0] !== FAKE_COMMAND || spec.command[1] === 'missing') {
      const detail = `The command "${spec.command[0] ?? ''}" is not in the fake world.`;
      return { kind: 'refused', code: 'deployment.command_not_found', detail };
    }
    await world.start(spec);
    return { kind: 'started' };
  }

  function linesOf(endpoint: string, deployment: string, instanceId: string | null): ConsoleLine[] {
    const all = world.lines.get(deploymentKey(endpoint, deployment)) ?? [];
    return instanceId === null ? all : all.filter((line) => line.instanceId === instanceId);
  }

  const driver: RuntimeDriver = {
    name: 'fake',
    memoryLimitBy: 'none',
    async start() {
      meetFault('start');
      await world.resume();
    },
    async stop() {
      for (const end of unsubscribe) end();
      unsubscribe.clear();
    },
    async suspend() {
      for (const instanceId of world.instances.keys()) await world.suspend(instanceId);
    },
    ensure,
    async remove(instanceId) {
      meetFault('remove');
      await world.end(instanceId);
    },
    async observe() {
      meetFault('observe');
      return [...world.instances.values()].map(describe);
    },
    check() {
      meetFault('check');
    },
    async sample() {
      meetFault('sample');
      const running = [...world.instances.values()].filter(({ port }) => port !== null);
      return running.map(({ spec }) => ({ instanceId: spec.instanceId, cpuSeconds: 1, memoryBytes: 64 * MIB }));
    },
    async readLogs(endpoint, deployment, instanceId, { tail, since, after }) {
      meetFault('readLogs');
      return linesOf(endpoint, deployment, instanceId)
        .filter((line) => after === undefined || Number(line.cursor) > Number(after))
        .filter((line) => since === undefined || Date.parse(line.at) >= Date.parse(since))
        .slice(tail === 0 ? Infinity : -tail);
    },
    async followLogs(endpoint, deployment, instanceId, after, onLine, signal) {
      const key = deploymentKey(endpoint, deployment);
      const known = after === null ? [] : linesOf(endpoint, deployment, instanceId);
      for (const line of known) if (Number(line.cursor) > Number(after)) onLine(line);
      const end = world.onLine((at, line) => {
        if (at === key && (instanceId === null || line.instanceId === instanceId)) onLine(line);
      });
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      end();
    },
    async listKept() {
      return [...world.lines.keys()].map((key) => {
        const [endpoint = '', deployment = ''] = key.split('/');
        return { endpoint, deployment };
      });
    },
    async forgetDeployment(endpoint, deployment) {
      world.lines.delete(deploymentKey(endpoint, deployment));
    },
    onHint(listener) {
      const end = world.onChange(listener);
      unsubscribe.add(end);
      return () => {
        end();
        unsubscribe.delete(end);
      };
    },
  };
  return driver;
}

function describe(instance: FakeInstance): ObservedInstance {
  const { spec, state, generation, restarts, startedAt, lastExit, port, serial } = instance;
  const { instanceId, endpoint, deployment, specHash } = spec;
  return {
    instanceId,
    endpoint,
    deployment,
    specHash,
    state,
    generation,
    address: port === null ? null : { host: '127.0.0.1', port },
    startedAt,
    restarts,
    lastExit,
    runtimeRef: `fake:${instanceId}@${serial}`,
    memoryLimitBy: 'none',
    probe: { attempts: generation, lastResult: state === 'ready' ? 'HTTP 200' : 'HTTP 503' },
  };
}
