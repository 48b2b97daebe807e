import { z } from 'zod';

/** `samples/catalog.json`: models that come with this installation. `path` is relative to the folder of the file. */
export const sampleCatalogueSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      description: z.string(),
      model_name: z.string(),
      versions: z.array(z.object({ id: z.string(), title: z.string(), path: z.string() })),
    }),
  ),
});

export type SampleCatalogue = z.infer<typeof sampleCatalogueSchema>;

/** Folder of a version relative to the catalogue; null when there is none with that id. */
export function findSamplePath(catalogue: SampleCatalogue, id: string): string | null {
  const versions = catalogue.items.flatMap((item) => item.versions);
  return versions.find((version) => version.id === id)?.path ?? null;
}
