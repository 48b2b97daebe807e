import { z } from 'zod';
import { chooseEvictions, type BuildStore, type StoredBuild } from '../build-store.ts';
import type { BuildTraces, OwnName } from './build-task.ts';
import type { ImageEngine } from './engine.ts';
import { INSTALLATION_LABEL } from './labels.ts';

export interface CollectOptions {
  engine: ImageEngine;
  store: BuildStore;
  /** Whatever is used. */
  keys: ReadonlySet<string>;
  cacheBytes: number;
  installationId: string;
}

/**
 * Lets go of builds that nobody uses, beyond the cache. An image goes with the last build that has it, by the names that came with our builds:
 * one that was here before us, that got another name from somebody, or that any container runs on, stays.
 */
export async function collectImages({
  engine,
  store,
  keys,
  cacheBytes,
  installationId,
}: CollectOptions): Promise<void> {
  for (const { key } of store.list('docker')) await store.markUse(key, keys.has(key));
  for (const build of chooseEvictions(store.list('docker'), cacheBytes)) {
    if (await letGo(engine, store, build)) await store.remove(build.key);
  }
  await removeForgotten(engine, store, installationId);
}

/** Whether nothing of it is left. */
function letGo(engine: ImageEngine, store: BuildStore, build: StoredBuild): Promise<boolean> {
  const others = store.list('docker').filter(({ key }) => key !== build.key);
  return removeTraces(
    engine,
    readTraces(build),
    others.flatMap((other) => readTraces(other).names),
  );
}

/**
 * Takes away what a build left in the engine. What was made last goes first, for it stands on the rest.
 * @param others names that stay for other builds
 * @returns false where something is in use and has to stay for now
 */
export async function removeTraces(
  engine: ImageEngine,
  { names, layers }: Omit<BuildTraces, 'begun'>,
  others: readonly OwnName[],
): Promise<boolean> {
  const idOf = ({ name, imageId }: OwnName): string => `${imageId} ${name}`;
  const kept = new Set(others.map(idOf));
  for (const own of names.toReversed()) {
    if (kept.has(idOf(own)) || (await engine.inspect(own.name))?.id !== own.imageId) continue;
    if ((await engine.untag(own.name)) === 'in_use') return false;
  }
  for (const id of layers) {
    const image = await engine.inspect(id);
    // One that has got a name, or that other images are made of, is somebody's.
    if (image !== null && image.tags.length + image.digests.length === 0) await engine.untag(id);
  }
  return true;
}

const factsSchema = z.object({
  names: z.array(z.object({ name: z.string(), imageId: z.string() })).default([]),
  layers: z.array(z.string()).default([]),
});

/** What the store keeps of a build for this module. */
export function factsOf({ names, layers }: BuildTraces): z.infer<typeof factsSchema> {
  const distinct = new Map(names.map((own) => [own.name, own]));
  return { names: [...distinct.values()], layers: [...layers] };
}

export function readTraces({ facts }: StoredBuild): Omit<BuildTraces, 'begun'> {
  const { names, layers } = factsSchema.parse(facts);
  return { names, layers: new Set(layers) };
}

/** Images of ours that no build has and none is making: a crash came before the record was written. */
async function removeForgotten(engine: ImageEngine, store: BuildStore, installationId: string): Promise<void> {
  const builds = store.list('docker');
  const known = new Set(builds.flatMap((build) => readTraces(build).names).map(({ name }) => name));
  const repository = ownRepository(installationId);
  for (const image of await engine.listImages({ reference: repository })) {
    for (const tag of image.tags) {
      const key = tag.startsWith(`${repository}:`) ? tag.slice(repository.length + 1) : null;
      if (key !== null && !known.has(tag) && store.find(key) === null) await engine.untag(tag);
    }
  }
  for (const image of await engine.listImages({ label: `${INSTALLATION_LABEL}=${installationId}` })) {
    if (image.tags.length === 0) await engine.untag(image.id);
  }
}

/** Repository of the names that we give: nothing is ever pulled from it or pushed to it. */
export const ownRepository = (installationId: string): string => `viridian.local/${installationId.toLowerCase()}`;
