import type { Sample } from '#lib/contracts/model.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { SampleCatalogue } from '#server/domain/sample-catalogue.ts';
import { authorize } from '#server/identity/authorize.ts';

/** Bundled models. A version's `path` is what registering it takes. */
export async function listSamples({ samples }: { samples: SampleCatalogue }, actor: Actor): Promise<ListPage<Sample>> {
  authorize(actor, 'model.read', '/samples');
  const items = samples.items.map(({ versions, ...item }) => ({
    ...item,
    versions: versions.map(({ id, title }) => ({ id, title, path: `sample:${id}` })),
  }));
  return { items, next_cursor: null };
}
