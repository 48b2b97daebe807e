import { addPython } from './add-python.ts';
import { buildDockerfile } from './build-dockerfile.ts';
import { ownNameOf, type BuildTask, type MadeImage } from './build-task.ts';
import { BuildFailedError } from './classify-failure.ts';
import { loadArchive } from './load-archive.ts';
import { pullImage } from './pull-image.ts';

/**
 * Makes what a definition describes.
 * @throws BuildFailedError
 */
export async function makeImage(task: BuildTask): Promise<MadeImage> {
  const base = await makeBase(task);
  const mismatch = findMismatch(task, base);
  if (mismatch !== null) {
    for (const reference of base.ownReferences) await task.engine.untag(reference);
    throw new BuildFailedError('deployment.wrong_architecture', mismatch);
  }
  const made = needsPython(task) ? await addPython(task, base) : base;
  await task.engine.tag(made.image.id, task.ownName.repository, task.ownName.tag);
  return { ...made, ownReferences: [...made.ownReferences, ownNameOf(task.ownName)] };
}

const needsPython = ({ definition, servesPython }: BuildTask): boolean =>
  servesPython || definition.condaFile !== null || definition.pipRequirements !== null;

async function makeBase(task: BuildTask): Promise<MadeImage> {
  const { image, imageArchive, build } = task.definition;
  if (build !== null) return buildDockerfile(task, build);
  if (imageArchive !== null) return loadArchive(task, imageArchive);
  if (image !== null) return pullImage(task, image);
  throw new BuildFailedError('deployment.image_invalid', 'The environment names no image.');
}

/** An engine runs what it can emulate, slowly or not at all; a model that needs minutes for its first answer is no help to anybody. */
function findMismatch(task: BuildTask, { image }: MadeImage): string | null {
  if (image.os !== 'linux') return `The image is for ${image.os}; this host runs Linux images.`;
  if (image.architecture === task.architecture || image.architecture === '') return null;
  return `The image is for ${image.architecture} processors; this host has ${task.architecture}. Build or choose one for linux/${task.architecture}.`;
}
