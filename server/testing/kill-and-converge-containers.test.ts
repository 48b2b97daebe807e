import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { docker, isSkipped } from '#server/drivers/docker/docker-fixture.ts';
import { instanceFilter, networkFilter, readMark } from '#server/drivers/docker/labels.ts';
import { ownRepository } from '#server/environments/image/collect-images.ts';
import { INSTALLATION_LABEL } from '#server/environments/image/labels.ts';
import { createBuildStore } from '#server/environments/build-store.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { openDatabase } from '#server/store/database.ts';
import { ensureInstallationId } from '#server/commands/ensure-installation-id.ts';
import { buildMark, buildsFolder, containersFolder } from './converge-containers.ts';
import {
  censusOf,
  countEntries,
  createKillCycles,
  type KillCycles,
  killPointsOf,
  STRIDE,
  takeCensus,
} from './kill-cycles.ts';

describe.skipIf(isSkipped)('a control plane with containers that is killed (VIRIDIAN_REQUIRE=docker insists)', () => {
  let cycles: KillCycles;
  let installationId: string;

  beforeEach(async () => {
    cycles = await createKillCycles('containers');
    await cycles.run('none', 0);
    const database = openDatabase(cycles.dataDir.database);
    installationId = await ensureInstallationId({ database });
    database.close();
  });

  afterEach(async () => {
    const { containers, networks, images } = await listOurs();
    for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true, v: true });
    for (const { Id } of networks) await docker.getNetwork(Id).remove();
    for (const { RepoTags } of images) for (const tag of RepoTags ?? []) await docker.getImage(tag).remove();
    await rm(cycles.dataDir.root, { recursive: true, force: true });
  });

  async function listOurs() {
    const own = { label: [`${INSTALLATION_LABEL}=${installationId}`] };
    return {
      containers: await docker.listContainers({ all: true, filters: { label: instanceFilter(installationId) } }),
      networks: await docker.listNetworks({ filters: { label: networkFilter(installationId) } }),
      images: await docker.listImages({ filters: { reference: [ownRepository(installationId)] } }),
      untaggedImages: await docker.listImages({ filters: { ...own, dangling: ['true'] } }),
    };
  }

  async function readBuilds() {
    const folder = buildsFolder(cycles.dataDir);
    const store = createBuildStore({ folder, clock: systemClock, logger: createLogger('test', 'silent') });
    await store.start();
    return store.list('docker');
  }

  /** Everything that could be there twice, be missing or be left over. */
  async function census() {
    const { dataDir } = cycles;
    const { containers, networks, images, untaggedImages } = await listOurs();
    const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []).map((tag) => tag.split(':').at(-1));
    const builds = await readBuilds();
    const everything = await docker.listContainers({ all: true });
    return {
      ...(await takeCensus(
        dataDir,
        containers.filter(({ State }) => State === 'running').map(({ Labels }) => readMark(Labels)?.instanceId ?? ''),
      )),
      containers: containers.length,
      networks: networks.length,
      records: await countEntries(join(containersFolder(dataDir), 'state')),
      endpointsWithLogs: await countEntries(join(containersFolder(dataDir), 'logs')),
      buildsThatAreNotReady: builds.filter(({ state }) => state.kind !== 'ready').length,
      readyBuildsWithoutAnImage: builds.filter(({ key }) => !tags.includes(key)).length,
      imagesWithoutABuild: tags.filter((tag) => builds.every(({ key }) => key !== tag)).length,
      untaggedImages: untaggedImages.length,
      buildContainers: everything.filter(({ Command }) => Command.includes(buildMark(dataDir))).length,
      buildFolders: await countEntries(join(dataDir.environments, 'work')),
    };
  }

  function atRest(instances: number): Awaited<ReturnType<typeof census>> {
    return {
      ...censusOf(instances),
      containers: instances,
      networks: Math.min(1, instances),
      records: instances,
      endpointsWithLogs: Math.min(1, instances),
      buildsThatAreNotReady: 0,
      readyBuildsWithoutAnImage: 0,
      imagesWithoutABuild: 0,
      untaggedImages: 0,
      buildContainers: 0,
      buildFolders: 0,
    };
  }

  const STEPS = [
    { name: 'creates', intent: (cycle: number) => `made-${cycle}`, instances: 2, killAt: 60 },
    { name: 'updates', intent: (cycle: number) => `updated-${cycle}`, instances: 2, killAt: 110 },
    { name: 'scales', intent: (cycle: number) => `updated-${cycle}:4`, instances: 4, killAt: 40 },
    { name: 'deletes', intent: () => 'delete', instances: 0, killAt: 80 },
  ] as const;

  /** Carries a step out and expects what it should leave. */
  async function take(step: (typeof STEPS)[number], cycle: number, killAt: number): Promise<void> {
    await cycles.runWithKill(step.intent(cycle), killAt);
    const what = `a control plane that ${step.name}, killed at point ${killAt} in cycle ${cycle}`;
    expect(await census(), what).toEqual(atRest(step.instances));
  }

  test.skipIf(STRIDE !== null)(
    'at a point of each change converges to what is wanted',
    { timeout: 180_000 },
    async () => {
      for (const step of STEPS) {
        expect(await cycles.run(step.intent(0), step.killAt), step.name).toBeNull();
        await cycles.run('none', 0);
        expect(await census(), step.name).toEqual(atRest(step.instances));
      }
    },
  );

  test.skipIf(STRIDE === null)(
    'at every point of each change converges to what is wanted',
    { timeout: 3 * 3_600_000 },
    async () => {
      const totals = [];
      for (const step of STEPS) {
        totals.push((await cycles.run(step.intent(0), 0)) ?? 0);
        expect(await census()).toEqual(atRest(step.instances));
      }
      for (const point of killPointsOf(Math.max(...totals), 1)) {
        for (const [index, step] of STEPS.entries()) await take(step, point, point <= (totals[index] ?? 0) ? point : 0);
      }
    },
  );
});
