import { fileURLToPath } from 'node:url';
import { parseImageReference } from '#lib/contracts/image-reference.ts';

/** An environment that we keep: Debian's slim base with its fixes, and pinned packages. */
export interface CuratedEnvironment {
  name: string;
  title: string;
  description: string;
  /** How an environment names it as its image. Built here, never pulled. */
  image: string;
  /** Lines of a requirements file. Packages that these bring along are settled when the image is made, and locked in it. */
  requirements: readonly string[];
}

/** No registry has this name: what is under it is made on this host. */
export const OWN_REGISTRY = 'viridian.local';
const REPOSITORY = 'curated/';
/** Folder of the Dockerfile that all of them start from. */
export const CURATED_FOLDER = fileURLToPath(new URL('.', import.meta.url));

const curated = (
  name: string,
  title: string,
  description: string,
  requirements: readonly string[],
): CuratedEnvironment => ({ name, title, description, image: `${OWN_REGISTRY}/${REPOSITORY}${name}`, requirements });

/** The plain Python is what packages go on where no image is named. */
export const PLAIN_PYTHON = curated('python', 'Python', 'Python 3.11 without packages.', []);

export const CURATED_ENVIRONMENTS: readonly CuratedEnvironment[] = [
  PLAIN_PYTHON,
  curated('scikit-learn', 'scikit-learn', 'scikit-learn with NumPy, SciPy and pandas.', [
    'joblib==1.6.0',
    'numpy==2.4.6',
    'pandas==3.1.1',
    'scikit-learn==1.9.1',
    'scipy==1.17.1',
  ]),
  curated('pytorch', 'PyTorch', 'PyTorch with NumPy; uses a GPU where the instance has one.', [
    'numpy==2.4.6',
    'torch==2.15.0',
  ]),
  curated('tensorflow', 'TensorFlow', 'TensorFlow and Keras for processors without a GPU.', [
    'keras==3.15.1',
    'numpy==2.4.6',
    'tensorflow-cpu==2.21.0',
  ]),
  curated('onnx', 'ONNX', 'ONNX Runtime with NumPy.', ['numpy==2.4.6', 'onnxruntime==1.32.0']),
];

export type FoundCurated =
  | { kind: 'curated'; environment: CuratedEnvironment }
  /** Under our name, but none of ours; the reason is a sentence. */
  | { kind: 'unknown'; reason: string }
  | { kind: 'other' };

/** Whether an image reference names a curated environment. Pure. */
export function findCurated(image: string): FoundCurated {
  const parsed = parseImageReference(image);
  if (parsed.kind === 'refused' || parsed.reference.registry !== OWN_REGISTRY) return { kind: 'other' };
  const { repository, tag } = parsed.reference;
  const environment = CURATED_ENVIRONMENTS.find(({ name }) => repository === `${REPOSITORY}${name}`);
  if (environment !== undefined && tag === 'latest') return { kind: 'curated', environment };
  const known = CURATED_ENVIRONMENTS.map((one) => one.image).join(', ');
  return { kind: 'unknown', reason: `There is no curated environment "${image}". There are: ${known}.` };
}
