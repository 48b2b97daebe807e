import {
  formatImageReference,
  imageName,
  parseImageReference,
  type ImageReference,
} from '#lib/contracts/image-reference.ts';
import { shareNames, type BuildTask, type MadeImage } from './build-task.ts';
import { BuildFailedError, classifyPullFailure } from './classify-failure.ts';
import { EngineRefusalError, type EngineImage } from './engine.ts';
import { createPullProgress } from './pull-progress.ts';

/**
 * The image that a reference names: what the engine has already, else what its registry gives, pinned by digest. One that somebody else put here is
 * looked up again by a rebuild only. One that a build of ours pulled is whenever something new is built: its tag may have moved.
 * @throws BuildFailedError
 */
export async function pullImage(task: BuildTask, written: string): Promise<MadeImage> {
  const reference = readReference(written);
  const wanted = pinned(reference, task.pinnedDigest);
  const name = formatImageReference(wanted);
  task.journal.step(`Looking for ${name}`);
  const present = await task.engine.inspect(name);
  if (present !== null && !mayHaveMoved(task, wanted, present)) {
    task.journal.line(`${name} is on this host already; it is used as it is.`);
    if (task.traces.begun.has(name)) recordNames(task, present, wanted);
    else shareNames(task, present.id);
    return made(present, wanted, []);
  }
  // A name that somebody else gave stays when ours goes.
  const isTheirs = present !== null && !isOurs(task, name);
  if (!isTheirs) task.traces.begun.add(name);
  const warnings = present === null ? [] : await pullAgain(task, wanted);
  if (present === null) await pull(task, wanted);
  const pulled = await task.engine.inspect(name);
  if (pulled === null) throw new BuildFailedError('deployment.image_not_found', `${name} was pulled but is not there.`);
  if (isTheirs) tellDigest(task, pulled, wanted);
  else recordNames(task, pulled, wanted);
  return made(pulled, wanted, warnings);
}

function recordNames(task: BuildTask, image: EngineImage, reference: ImageReference): void {
  const digest = tellDigest(task, image, reference);
  const names = [formatImageReference(reference), ...(digest === null ? [] : [digest])];
  task.traces.names.push(...names.map((name) => ({ name, imageId: image.id })));
}

function tellDigest({ journal }: BuildTask, image: EngineImage, reference: ImageReference): string | null {
  const digest = digestOf(image, reference);
  if (digest !== null) journal.line(`Pinned to ${digest}`);
  return digest;
}

/** What was made on this host came from no registry, and one that has the same name there is another image. */
export function mayHaveMoved(task: BuildTask, reference: ImageReference, present: EngineImage): boolean {
  if (reference.digest !== null) return false;
  return isOurs(task, formatImageReference(reference)) || (task.isRebuild && present.digests.length > 0);
}

export const isOurs = (task: BuildTask, name: string): boolean => task.ownNames().some((own) => own.name === name);

/** Without its registry, what is here is better than nothing. Returns what to warn of. */
export async function pullAgain(task: BuildTask, reference: ImageReference): Promise<string[]> {
  try {
    await pull(task, reference);
    return [];
  } catch (error) {
    if (!(error instanceof BuildFailedError)) throw error;
    const warning = `The image on this host is used; whether its tag has moved could not be seen. ${error.message}`;
    task.journal.line(warning);
    return [warning];
  }
}

/** @throws BuildFailedError with the reason of the refusal */
export function readReference(written: string): ImageReference {
  const parsed = parseImageReference(written);
  if (parsed.kind === 'reference') return parsed.reference;
  throw new BuildFailedError('deployment.image_invalid', `"${written}" is not an image reference. ${parsed.reason}`);
}

function pinned(reference: ImageReference, pinnedDigest: string | null): ImageReference {
  const digest = reference.digest ?? pinnedDigest?.split('@')[1] ?? null;
  return digest === null ? reference : { ...reference, tag: null, digest };
}

async function pull(task: BuildTask, reference: ImageReference): Promise<void> {
  const { journal, engine } = task;
  const name = formatImageReference(reference);
  const credentials = await task.credentials(reference.registry);
  const who = credentials === null ? '' : ` as ${credentials.username}`;
  journal.step(`Pulling ${name}`, 0);
  journal.line(`Pulling ${name} from ${reference.registry}${who}`);
  const progress = createPullProgress();
  try {
    await engine.pull(
      { name: imageName(reference), tag: reference.digest ?? reference.tag ?? 'latest' },
      credentials === null ? null : { ...credentials, registry: reference.registry },
      (event) => {
        const seen = progress.add(event);
        journal.step(`Pulling ${name}`, seen.progress, seen.layers);
        for (const line of seen.lines) journal.line(line);
      },
      task.signal,
    );
  } catch (error) {
    if (!(error instanceof EngineRefusalError)) throw error;
    journal.line(error.message);
    throw classifyPullFailure(reference, credentials !== null, error.message);
  }
}

const made = (image: EngineImage, reference: ImageReference, warnings: string[]): MadeImage => ({
  image,
  digest: digestOf(image, reference),
  python: null,
  warnings,
  packages: [],
});

/** Engines write Docker Hub's names short: `debian@sha256:…` for `docker.io/library/debian`. */
function digestOf(image: EngineImage, reference: ImageReference): string | null {
  for (const written of image.digests) {
    const parsed = parseImageReference(written);
    if (parsed.kind === 'reference' && imageName(parsed.reference) === imageName(reference)) {
      return formatImageReference(parsed.reference);
    }
  }
  return null;
}
