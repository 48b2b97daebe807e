import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, pack, type Header, type Pack } from 'tar-stream';
import { z } from 'zod';
import { ownNameOf, type BuildTask, type MadeImage } from './build-task.ts';
import { BuildFailedError, classifyBuildFailure } from './classify-failure.ts';
import { EngineRefusalError } from './engine.ts';

type Entry = Readable & { header: Header };

const MANIFEST_FILE = 'manifest.json';
const INDEX_FILE = 'index.json';
const MAX_MANIFEST_BYTES = 4 * 2 ** 20;

const manifestSchema = z.array(
  z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }),
);
type ArchivedImage = z.infer<typeof manifestSchema>[number];

const indexSchema = z.looseObject({
  manifests: z.array(z.looseObject({ digest: z.string(), annotations: z.record(z.string(), z.string()).optional() })),
});

/**
 * Loads an image from a file made by `docker save`, plain or compressed. The names in the file are not taken over, because they could be those of
 * images that others on this host rely on: the image gets our name only.
 * @throws BuildFailedError
 */
export async function loadArchive(task: BuildTask, path: string): Promise<MadeImage> {
  const { engine, journal, definition } = task;
  journal.step('Reading the archive');
  const chosen = chooseImage(await readManifest(path), definition.image);
  const own = ownNameOf(task.ownName);
  journal.line(`Loading ${chosen.RepoTags?.join(', ') ?? chosen.Config} from the archive`);
  journal.step('Loading the image');
  const renamed = pack();
  const filling = rename(path, renamed, chosen, own).catch((error: unknown) => renamed.destroy(error as Error));
  try {
    await engine.load(renamed as unknown as Readable, (event) => logEvent(task, event), task.signal);
    await filling;
  } catch (error) {
    if (error instanceof EngineRefusalError) throw classifyBuildFailure(error.message, 'Loading the archive', null);
    throw error;
  } finally {
    renamed.destroy();
  }
  const image = await engine.inspect(own);
  if (image === null)
    throw new BuildFailedError('deployment.image_invalid', 'The archive was loaded without an image.');
  return { image, digest: null, python: null, warnings: [], packages: [] };
}

function logEvent({ journal }: BuildTask, event: Record<string, unknown>): void {
  if (typeof event['stream'] === 'string') journal.line(event['stream']);
}

/** @throws BuildFailedError deployment.image_invalid */
async function readManifest(path: string): Promise<ArchivedImage[]> {
  let manifest: ArchivedImage[] | null = null;
  try {
    await walk(path, async (entry) => {
      if (entry.header.name === MANIFEST_FILE) manifest = manifestSchema.parse(await readSmall(entry));
      else entry.resume();
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new BuildFailedError('deployment.image_invalid', `The file is not an archive made by "docker save": ${said}`);
  }
  if (manifest === null) {
    throw new BuildFailedError(
      'deployment.image_invalid',
      'The archive has no manifest.json. Make it with "docker save IMAGE -o FILE".',
    );
  }
  return manifest;
}

/** The only image, or the one that is named. */
function chooseImage(images: readonly ArchivedImage[], name: string | null): ArchivedImage {
  const named = name === null ? images : images.filter(({ RepoTags }) => RepoTags?.includes(name));
  const [only, ...others] = named.length === 0 && images.length === 1 ? images : named;
  if (only !== undefined && others.length === 0) return only;
  const names = images.map(({ RepoTags, Config }) => RepoTags?.join(', ') ?? Config).join('; ');
  const fault = images.length === 0 ? 'The archive holds no image.' : `The archive holds several images: ${names}.`;
  throw new BuildFailedError('deployment.image_invalid', `${fault} Save one, or name the one that is meant.`);
}

/** Copies the archive with one image in its manifest, under our name. */
async function rename(path: string, target: Pack, chosen: ArchivedImage, own: string): Promise<void> {
  await walk(path, async (entry) => {
    const { name } = entry.header;
    if (name === MANIFEST_FILE) {
      entry.resume();
      target.entry({ name }, JSON.stringify([{ ...chosen, RepoTags: [own] }]));
    } else if (name === INDEX_FILE) {
      target.entry({ name }, JSON.stringify(renameIndex(await readSmall(entry), chosen, own)));
    } else if (name === 'repositories') {
      entry.resume();
    } else if (entry.header.type === 'file') {
      await pipeline(entry, target.entry(entry.header));
    } else {
      entry.resume();
      target.entry(entry.header);
    }
  });
  target.finalize();
}

/** The newer form of the same list, which engines with containerd's image store read. */
function renameIndex(content: unknown, chosen: ArchivedImage, own: string): unknown {
  const index = indexSchema.parse(content);
  const names = new Set(chosen.RepoTags ?? []);
  const isChosen = ({ annotations }: { annotations?: Record<string, string> | undefined }): boolean =>
    index.manifests.length === 1 ||
    names.has(annotations?.['io.containerd.image.name'] ?? '') ||
    [...names].some((name) => annotations?.['io.containerd.image.name']?.endsWith(`/${name}`));
  return {
    ...index,
    manifests: index.manifests
      .filter(isChosen)
      .map((manifest) => ({ ...manifest, annotations: { 'io.containerd.image.name': own } })),
  };
}

/** Calls back for each entry, one after the other; the callback consumes it. */
async function walk(path: string, onEntry: (entry: Entry) => Promise<void>): Promise<void> {
  const tar = extract();
  const reading = pipeline(await openArchive(path), tar as unknown as NodeJS.WritableStream);
  const walking = (async () => {
    for await (const entry of tar) await onEntry(entry as unknown as Entry);
  })().catch((error: unknown) => {
    tar.destroy(error as Error);
    throw error;
  });
  await Promise.all([reading, walking]);
}

/** Plain, gzip or zstd, by the first bytes. */
async function openArchive(path: string): Promise<Readable> {
  const file = await open(path, 'r');
  const { buffer: head } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close());
  const stream = createReadStream(path);
  const isGzip = head.readUInt16BE(0) === 0x1f8b;
  const isZstd = head.readUInt32LE(0) === 0xfd2fb528;
  const plain = isGzip ? createGunzip() : isZstd ? createZstdDecompress() : new PassThrough();
  void pipeline(stream, plain).catch((error: unknown) => plain.destroy(error as Error));
  return plain;
}

async function readSmall(entry: Entry): Promise<unknown> {
  if ((entry.header.size ?? 0) > MAX_MANIFEST_BYTES) throw new Error(`${entry.header.name} is too large.`);
  return JSON.parse((await buffer(entry)).toString('utf8'));
}
