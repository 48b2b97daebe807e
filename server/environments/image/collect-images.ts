import { chooseEvictions, type BuildStore, type StoredBuild } from '../build-store.ts';
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
async function letGo(engine: ImageEngine, store: BuildStore, build: StoredBuild): Promise<boolean> {
  const { state } = build;
  if (state.kind === 'ready' && state.artifact.kind === 'image') {
    if (!(await letNamesGo(engine, store, build, state.artifact.imageId))) return false;
  }
  await removeLeftovers(engine, namesIn(build, 'leftovers'));
  return true;
}

/** Removes unnamed layers of builds. One that has got a name, or that other images are made of, is somebody's. */
export async function removeLeftovers(engine: ImageEngine, ids: Iterable<string>): Promise<void> {
  for (const id of ids) {
    const image = await engine.inspect(id);
    if (image !== null && image.tags.length + image.digests.length === 0) await engine.untag(id);
  }
}

async function letNamesGo(
  engine: ImageEngine,
  store: BuildStore,
  build: StoredBuild,
  imageId: string,
): Promise<boolean> {
  const others = new Set(
    store
      .list('docker')
      .filter(({ key }) => key !== build.key)
      .flatMap((build) => ownReferencesOf(build)),
  );
  for (const reference of ownReferencesOf(build)) {
    if (others.has(reference)) continue;
    // A name that somebody has given to another image since is theirs.
    if ((await engine.inspect(reference))?.id !== imageId) continue;
    if ((await engine.untag(reference)) === 'in_use') return false;
  }
  return true;
}

/** Names that came with a build and go with it. */
export const ownReferencesOf = (build: StoredBuild): string[] => namesIn(build, 'ownReferences');

function namesIn({ facts }: StoredBuild, fact: string): string[] {
  const names = facts[fact];
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [];
}

/** Images of ours that no build has and none is making: a crash came before the record was written. */
async function removeForgotten(engine: ImageEngine, store: BuildStore, installationId: string): Promise<void> {
  const known = new Set(store.list('docker').flatMap((build) => ownReferencesOf(build)));
  const prefix = `${ownRepository(installationId)}:`;
  for (const image of await engine.listImages(`${INSTALLATION_LABEL}=${installationId}`)) {
    for (const tag of image.tags) {
      if (!tag.startsWith(prefix) || known.has(tag) || store.find(tag.slice(prefix.length)) !== null) continue;
      await engine.untag(tag);
    }
    if (image.tags.length === 0) await engine.untag(image.id);
  }
}

/** Repository of the names that we give: nothing is ever pulled from it or pushed to it. */
export const ownRepository = (installationId: string): string => `viridian.local/${installationId.toLowerCase()}`;
