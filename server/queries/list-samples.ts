import type { DetectedModel, Sample } from '#lib/contracts/model.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { SampleCatalogue } from '#server/domain/sample-catalogue.ts';
import { authorize } from '#server/identity/authorize.ts';

/** What registering a bundled model would find. */
export interface SampleContent {
  detected: DetectedModel;
  sizeBytes: number;
}

export interface SamplesContext {
  samples: SampleCatalogue;
  describeSample: (id: string) => Promise<SampleContent>;
}

type SampleVersion = Sample['versions'][number];

/** Bundled models. A version's `path` is what registering it takes. */
export async function listSamples(context: SamplesContext, actor: Actor): Promise<ListPage<Sample>> {
  authorize(actor, 'model.read', '/samples');
  const items = context.samples.items.map(async ({ versions, ...item }) => ({
    ...item,
    versions: await Promise.all(versions.map((version) => describeVersion(context, version))),
  }));
  return { items: await Promise.all(items), next_cursor: null };
}

async function describeVersion(
  context: SamplesContext,
  { id, title }: { id: string; title: string },
): Promise<SampleVersion> {
  const { detected, sizeBytes } = await context.describeSample(id);
  return { id, title, path: `sample:${id}`, detected, size_bytes: sizeBytes };
}
