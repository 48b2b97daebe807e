import { CURATED_FOLDER, findCurated, PLAIN_PYTHON, type CuratedEnvironment } from '../curated/curated-environments.ts';
import { addPython } from './add-python.ts';
import { buildDockerfile } from './build-dockerfile.ts';
import { ownNameOf, type BuildTask, type MadeImage } from './build-task.ts';
import { BuildFailedError } from './classify-failure.ts';
import { BASE_REFRESHED_LABEL } from './labels.ts';
import { loadArchive } from './load-archive.ts';
import { pullImage } from './pull-image.ts';

/**
 * Makes what a definition describes.
 * @throws BuildFailedError
 */
export async function makeImage(task: BuildTask): Promise<MadeImage> {
  const curated = curatedOf(task);
  const base = curated === null ? await makeBase(task) : await makeCuratedBase(task);
  const mismatch = findMismatch(task, base);
  if (mismatch !== null) {
    for (const { name } of task.traces.names.splice(0)) await task.engine.untag(name);
    throw new BuildFailedError('deployment.wrong_architecture', mismatch);
  }
  const made = needsPython(task) || curated !== null ? await addPython(task, base, curated) : base;
  await task.engine.tag(made.image.id, task.ownName.repository, task.ownName.tag);
  task.traces.names.push({ name: ownNameOf(task.ownName), imageId: made.image.id });
  return made;
}

const needsPython = ({ definition, servesPython }: BuildTask): boolean =>
  servesPython || definition.condaFile !== null || definition.pipRequirements !== null;

/** Null for whatever somebody else keeps. */
function curatedOf({ definition: { image, imageArchive, build } }: BuildTask): CuratedEnvironment | null {
  if (build !== null || imageArchive !== null) return null;
  if (image === null) return PLAIN_PYTHON;
  const found = findCurated(image);
  if (found.kind === 'unknown') throw new BuildFailedError('deployment.image_not_found', found.reason);
  return found.kind === 'curated' ? found.environment : null;
}

async function makeBase(task: BuildTask): Promise<MadeImage> {
  const { image, imageArchive, build } = task.definition;
  if (build !== null) return buildDockerfile(task, build);
  if (imageArchive !== null) return loadArchive(task, imageArchive);
  if (image !== null) return pullImage(task, image);
  throw new BuildFailedError('deployment.image_invalid', 'The environment names no image.');
}

/** Once a day the step that takes Debian's fixes runs anew; in between it comes from the engine's cache. */
async function makeCuratedBase(task: BuildTask): Promise<MadeImage> {
  const refreshed = task.today;
  try {
    return await buildDockerfile(
      { ...task, labels: { ...task.labels, [BASE_REFRESHED_LABEL]: refreshed } },
      { contextDir: CURATED_FOLDER, dockerfilePath: 'Dockerfile' },
      { REFRESHED: refreshed },
    );
  } catch (error) {
    if (!(error instanceof BuildFailedError) || error.code !== 'deployment.registry_unreachable') throw error;
    const way = 'Where no registry can be reached, make the base: node scripts/setup/make-base-image.mjs';
    throw new BuildFailedError(error.code, `${error.message} ${way}`);
  }
}

/** An engine runs what it can emulate, slowly or not at all; a model that needs minutes for its first answer is no help to anybody. */
function findMismatch(task: BuildTask, { image }: MadeImage): string | null {
  if (image.os !== 'linux') return `The image is for ${image.os}; this host runs Linux images.`;
  if (image.architecture === task.architecture || image.architecture === '') return null;
  return `The image is for ${image.architecture} processors; this host has ${task.architecture}. Build or choose one for linux/${task.architecture}.`;
}
