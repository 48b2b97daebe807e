import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import type { ConsoleLine, InstanceSpec, ObservedInstance, ProbeSpec, RuntimeDriver } from './runtime-driver.ts';

/** A program as the driver under test can run it. */
export type Program = 'healthy' | 'never_ready' | 'exits_with_3' | 'missing' | 'ignores_the_polite_signal' | 'prints';

export interface DriverHarness {
  /** A driver over the same world as the ones before it, started. */
  open(): Promise<RuntimeDriver>;
  /** Command of a program. `prints` writes `one` and `two` to stdout and `!three` to stderr, then is healthy. */
  command(program: Program): readonly string[];
  /** What every spec needs besides, such as the image of its container. */
  spec?: Partial<InstanceSpec>;
  /** Ends every instance and removes every trace. */
  close(): Promise<void>;
}

const PROBE: ProbeSpec = {
  path: '/',
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 2,
  successThreshold: 1,
  failureThreshold: 1,
};

/** What the control plane relies on, whichever driver runs the instances. */
export function describeRuntimeDriver(name: string, createHarness: () => Promise<DriverHarness>): void {
  describe(`${name} as a runtime driver`, () => {
    let harness: DriverHarness;
    let driver: RuntimeDriver;
    let opened: RuntimeDriver[];

    beforeEach(async () => {
      harness = await createHarness();
      driver = await harness.open();
      opened = [driver];
    });

    afterEach(async () => {
      for (const one of opened) await one.stop();
      await harness.close();
    });

    const specOf = (program: Program, change: Partial<InstanceSpec> = {}): InstanceSpec => ({
      instanceId: 'iris.blue.a1',
      endpoint: 'iris',
      deployment: 'blue',
      specHash: 'first',
      command: harness.command(program),
      environment: {},
      modelDir: null,
      cpu: 1,
      memoryMib: 512,
      liveness: { ...PROBE, failureThreshold: 1000 },
      readiness: PROBE,
      stopGraceSeconds: 1,
      ...harness.spec,
      ...change,
    });

    const seen = async (id = 'iris.blue.a1'): Promise<ObservedInstance | undefined> =>
      (await driver.observe()).find(({ instanceId }) => instanceId === id);

    const reach = (state: ObservedInstance['state'], id?: string): Promise<ObservedInstance> =>
      eventually(async () => {
        const instance = await seen(id);
        return instance?.state === state ? instance : null;
      }, `state ${state}`);

    const texts = (lines: readonly ConsoleLine[], stream: ConsoleLine['stream']): string[] =>
      lines.filter((line) => line.stream === stream).map((line) => line.text);

    test('a started instance becomes ready and answers at its address', async () => {
      expect(await driver.ensure(specOf('healthy'))).toEqual({ kind: 'started' });
      const { address, generation, restarts, runtimeRef } = await reach('ready');
      expect(address).not.toBeNull();
      const answer = await fetch(`http://${address?.host}:${address?.port}/`, { headers: { connection: 'close' } });
      expect(answer.status).toBe(200);
      expect({ generation, restarts }).toEqual({ generation: 1, restarts: 0 });
      expect(runtimeRef).not.toBeNull();
    });

    test('asking twice for the same instance starts one', async () => {
      await driver.ensure(specOf('healthy'));
      const first = await reach('ready');
      expect(await driver.ensure(specOf('healthy'))).toEqual({ kind: 'unchanged' });
      expect(await driver.observe()).toHaveLength(1);
      expect((await seen())?.runtimeRef).toBe(first.runtimeRef);
    });

    test('another spec under the same id replaces the instance', async () => {
      await driver.ensure(specOf('healthy'));
      const first = await reach('ready');
      expect(await driver.ensure(specOf('healthy', { specHash: 'second' }))).toEqual({ kind: 'started' });
      const second = await reach('ready');
      expect(second.specHash).toBe('second');
      expect(await driver.observe()).toHaveLength(1);
      expect(second.runtimeRef).not.toBe(first.runtimeRef);
    });

    test('a command that does not exist is refused and leaves nothing', async () => {
      const outcome = await driver.ensure(specOf('missing'));
      expect(outcome).toMatchObject({ kind: 'refused', code: 'deployment.command_not_found' });
      expect(await driver.observe()).toEqual([]);
    });

    test('a removed instance is gone and does not answer', async () => {
      await driver.ensure(specOf('healthy'));
      const { address } = await reach('ready');
      await driver.remove('iris.blue.a1');
      expect(await driver.observe()).toEqual([]);
      expect(await answers(address)).toBe(false);
    });

    test('removing what is not there, or is being removed, succeeds', async () => {
      await driver.remove('iris.blue.none');
      await driver.ensure(specOf('healthy'));
      await reach('ready');
      await Promise.all([driver.remove('iris.blue.a1'), driver.remove('iris.blue.a1')]);
      expect(await driver.observe()).toEqual([]);
    });

    test('an instance that ignores the polite signal is gone after the grace', async () => {
      await driver.ensure(specOf('ignores_the_polite_signal'));
      await reach('ready');
      await driver.remove('iris.blue.a1');
      expect(await driver.observe()).toEqual([]);
    });

    test('an instance that ends is started again under the same id, and its end is told', async () => {
      await driver.ensure(specOf('exits_with_3'));
      const ended = await reach('backing_off');
      expect(ended.lastExit).toMatchObject({ code: 3, signal: null, reason: 'exited with code 3', outOfMemory: false });
      const again = await eventually(async () => {
        const instance = await seen();
        return instance !== undefined && instance.generation > ended.generation ? instance : null;
      });
      expect(again.restarts).toBeGreaterThanOrEqual(1);
      expect(await driver.observe()).toHaveLength(1);
    });

    test('an instance that does not become ready within what its probe allows is unready', async () => {
      await driver.ensure(specOf('never_ready'));
      const { probe } = await reach('unready');
      expect(probe.lastResult).toContain('503');
    });

    test('lines of both streams are kept in order with their instance', async () => {
      await driver.ensure(specOf('prints'));
      await reach('ready');
      const lines = await eventually(async () => {
        const read = await driver.readLogs('iris', 'blue', null, { tail: 100 });
        return texts(read, 'stderr').length > 0 && texts(read, 'stdout').length > 1 ? read : null;
      });
      expect(texts(lines, 'stdout')).toEqual(['one', 'two']);
      expect(texts(lines, 'stderr')).toEqual(['!three']);
      expect(new Set(lines.map((line) => line.instanceId))).toEqual(new Set(['iris.blue.a1']));
    });

    test('reading goes on after a cursor, and the tail bounds it', async () => {
      await driver.ensure(specOf('prints'));
      await reach('ready');
      await eventually(async () => (await driver.readLogs('iris', 'blue', null, { tail: 100 })).length > 3);
      await driver.remove('iris.blue.a1');
      const all = await driver.readLogs('iris', 'blue', 'iris.blue.a1', { tail: 100 });
      const [first, last] = [all[0]?.cursor ?? '', all.at(-1)?.cursor ?? ''];
      expect(await driver.readLogs('iris', 'blue', null, { tail: 100, after: first })).toEqual(all.slice(1));
      expect(await driver.readLogs('iris', 'blue', null, { tail: 100, after: last })).toEqual([]);
      expect(await driver.readLogs('iris', 'blue', null, { tail: 2 })).toEqual(all.slice(-2));
    });

    test('a follower gets every line after its cursor once, until it leaves', async () => {
      await driver.ensure(specOf('prints'));
      await reach('ready');
      const leave = new AbortController();
      const heard: ConsoleLine[] = [];
      const following = driver.followLogs('iris', 'blue', null, '0', (line) => heard.push(line), leave.signal);
      await eventually(() => texts(heard, 'stderr').length > 0);
      await driver.remove('iris.blue.a1');
      await eventually(() => texts(heard, 'system').some((text) => text.includes('removed')), 'the last line');
      leave.abort();
      await following;
      expect(heard).toEqual(await driver.readLogs('iris', 'blue', null, { tail: 1000 }));
    });

    test('logs outlive their instance and go with their deployment', async () => {
      await driver.ensure(specOf('prints'));
      await reach('ready');
      await eventually(async () => (await driver.readLogs('iris', 'blue', null, { tail: 100 })).length > 3);
      await driver.remove('iris.blue.a1');
      expect((await driver.readLogs('iris', 'blue', 'iris.blue.a1', { tail: 100 })).length).toBeGreaterThan(3);
      expect(await driver.listKept()).toEqual([{ endpoint: 'iris', deployment: 'blue' }]);
      await driver.forgetDeployment('iris', 'blue');
      expect(await driver.listKept()).toEqual([]);
      expect(await driver.readLogs('iris', 'blue', null, { tail: 100 })).toEqual([]);
    });

    test('a driver that starts anew takes running instances over and does not start them again', async () => {
      await driver.ensure(specOf('healthy'));
      const before = await reach('ready');
      await driver.stop();
      driver = await harness.open();
      opened.push(driver);
      const after = await reach('ready');
      expect(after).toMatchObject({
        runtimeRef: before.runtimeRef,
        generation: before.generation,
        address: before.address,
      });
      expect(await driver.ensure(specOf('healthy'))).toEqual({ kind: 'unchanged' });
    });

    test('a suspended instance does not run until a driver starts anew, and is then the same one', async () => {
      await driver.ensure(specOf('healthy'));
      const { address } = await reach('ready');
      await driver.suspend();
      expect(await answers(address)).toBe(false);
      await driver.stop();
      driver = await harness.open();
      opened.push(driver);
      expect(await reach('ready')).toMatchObject({ generation: 2, restarts: 0, specHash: 'first' });
    });

    test('a change is hinted at with its endpoint', async () => {
      const hints: string[] = [];
      const end = driver.onHint((endpoint) => hints.push(endpoint));
      await driver.ensure(specOf('healthy'));
      await reach('ready');
      expect(hints).toContain('iris');
      end();
    });

    test('running instances are sampled', async () => {
      await driver.ensure(specOf('healthy'));
      await reach('ready');
      const [use] = await driver.sample();
      expect(use?.instanceId).toBe('iris.blue.a1');
      expect(use?.memoryBytes).toBeGreaterThan(0);
    });
  });
}

/**
 * Where the network of an instance goes with it, a connection is not refused but leads nowhere, or to whatever stands between this host and other
 * networks.
 */
const NOWHERE_MS = 1_000;

async function answers(address: ObservedInstance['address']): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(NOWHERE_MS);
    const url = `http://${address?.host}:${address?.port}/`;
    return (await fetch(url, { signal, headers: { connection: 'close' } })).ok;
  } catch {
    // Refused, or no way there: nobody answers.
    return false;
  }
}
