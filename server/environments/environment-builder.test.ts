import { expect, test } from 'vitest';
import type { BuildRecord, BuildRequest, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import { createEnvironmentBuilder } from './environment-builder.ts';

const definition = {
  image: null,
  imageArchive: null,
  build: null,
  condaFile: null,
  pipRequirements: 'six',
  pythonVersion: null,
};
const request = (runtime: BuildRequest['runtime']): BuildRequest => ({
  key: `of-${runtime}`,
  runtime,
  definition,
  servesPython: false,
  isRebuild: false,
  attempt: 'first',
});

/** Knows one environment, `of-<runtime>`, and writes down what it is asked. */
function builderOf(runtime: BuildRequest['runtime']): EnvironmentBuilder & { asked: string[]; hint(): void } {
  const asked: string[] = [];
  const listeners = new Set<(key: string) => void>();
  const key = `of-${runtime}`;
  const record: BuildRecord = {
    key,
    runtime,
    attempt: 'first',
    state: { kind: 'building', startedAt: 1, step: runtime, progress: null },
    startedAt: 1,
    finishedAt: null,
    sizeBytes: null,
    packages: [],
  };
  const note = (call: string): Promise<void> => Promise.resolve(void asked.push(call));
  return {
    asked,
    hint: () => listeners.forEach((listener) => listener(key)),
    start: () => note('start'),
    stop: () => note('stop'),
    ensure: (asking) => note(`ensure ${asking.key}`).then(() => record.state),
    find: (wanted) => Promise.resolve(wanted === key ? record : null),
    readLog: (wanted) => Promise.resolve([{ cursor: '1', at: '', text: `${runtime} ${wanted}` }]),
    followLog: (wanted) => note(`follow ${wanted}`),
    retain: (keys) => note(`retain ${[...keys].join()}`),
    onHint(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

test('a request goes to the builder of its runtime, and questions to whoever has the environment', async () => {
  const [process, docker] = [builderOf('process'), builderOf('docker')];
  const all = createEnvironmentBuilder({ process, docker });
  await all.ensure(request('process'));
  await all.ensure(request('docker'));
  expect([process.asked, docker.asked]).toEqual([['ensure of-process'], ['ensure of-docker']]);
  expect((await all.find('of-docker'))?.runtime).toBe('docker');
  expect((await all.find('of-process'))?.runtime).toBe('process');
  expect(await all.find('other')).toBeNull();
  expect(await all.readLog('of-docker', { tail: 1 })).toMatchObject([{ text: 'docker of-docker' }]);
  await all.followLog('of-process', null, () => undefined, new AbortController().signal);
  expect(process.asked).toContain('follow of-process');
});

test('both are started, stopped and told what is wanted, and both are heard', async () => {
  const [process, docker] = [builderOf('process'), builderOf('docker')];
  const all = createEnvironmentBuilder({ process, docker });
  const heard: string[] = [];
  const unsubscribe = all.onHint((key) => heard.push(key));
  await all.start();
  await all.retain(new Set(['of-docker']));
  await all.stop();
  process.hint();
  docker.hint();
  unsubscribe();
  process.hint();
  expect(heard).toEqual(['of-process', 'of-docker']);
  for (const { asked } of [process, docker]) expect(asked).toEqual(['start', 'retain of-docker', 'stop']);
});

test('without Docker, a request for it fails at once and says what works instead', async () => {
  const all = createEnvironmentBuilder({ process: builderOf('process'), docker: null });
  expect(await all.ensure(request('docker'))).toMatchObject({
    kind: 'failed',
    failure: { code: 'deployment.runtime_unavailable', detail: expect.stringContaining('process runtime') },
  });
  const own = { ...request('docker'), definition: { ...definition, image: 'nginx' } };
  expect(await all.ensure(own)).toMatchObject({
    failure: { detail: expect.not.stringContaining('process runtime') },
  });
  expect(await all.find('of-docker')).toBeNull();
});
