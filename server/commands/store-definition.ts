import { readFile, stat } from 'node:fs/promises';
import { parseDocument, stringify } from 'yaml';
import { DEFAULT_DOCKERFILE_PATH } from '#lib/contracts/deployment-defaults.ts';
import type { EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
import { type StoredDefinition } from '#server/domain/environment.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { EnvironmentContext } from './environment-context.ts';
import { openWrittenSource } from './open-written-source.ts';
import { checkHolds, storeWrittenFiles } from './store-written-files.ts';

type Written = Pick<
  EnvironmentVersionWrite,
  'image' | 'image_archive' | 'build' | 'conda_file' | 'pip_requirements' | 'inference_config'
>;
type Context = Pick<EnvironmentContext, 'storedFiles' | 'openSource' | 'uploads'>;

const MAX_TEXT_BYTES = 1_000_000;

/**
 * What an environment is to be, with its uploads put away.
 * @param at JSON pointer of the description in the caller's body
 * @throws AppError naming the field that cannot be carried out
 */
export async function storeDefinition(context: Context, written: Written, at: string): Promise<StoredDefinition> {
  refuseCombinations(written, at);
  const { image, image_archive, build, conda_file, pip_requirements, inference_config } = written;
  return {
    image: image ?? null,
    imageArchive:
      image_archive === undefined ? null : await storeArchive(context, image_archive, `${at}/image_archive`),
    build: build === undefined ? null : await storeContext(context, build, `${at}/build`),
    condaFile: conda_file === undefined ? null : await readConda(context, conda_file, `${at}/conda_file`),
    pipRequirements:
      pip_requirements === undefined
        ? null
        : await readText(
            context,
            typeof pip_requirements === 'string' ? pip_requirements : pip_requirements.join('\n'),
            `${at}/pip_requirements`,
          ),
    pythonVersion: null,
    inferenceConfig: inference_config ?? null,
  };
}

/** One base, and packages only on one that they can be added to. */
function refuseCombinations(written: Written, at: string): void {
  const bases = (['image', 'image_archive', 'build'] as const).filter((field) => written[field] !== undefined);
  const packages = (['conda_file', 'pip_requirements'] as const).filter((field) => written[field] !== undefined);
  if (bases.length > 1) refuse(`${at}/${bases[1]}`, `cannot stand beside "${bases[0]}": give one base`);
  if (packages.length > 1)
    refuse(`${at}/pip_requirements`, 'cannot stand beside "conda_file": list them under its "pip"');
  if (bases.length + packages.length === 0) {
    refuse(at, 'needs "image", "image_archive", "build", "conda_file" or "pip_requirements"');
  }
  const closed = bases.find((field) => field !== 'image');
  if (closed !== undefined && packages.length > 0) {
    refuse(`${at}/${packages[0]}`, `cannot be added to "${closed}": install the packages there`);
  }
}

async function storeArchive(context: Context, path: string, field: string): Promise<StoredDefinition['imageArchive']> {
  const id = await storeWrittenFiles(context, path, field);
  const only = await onlyFile(context, id);
  if (only === null) {
    refuse(field, 'must be one file made by "docker save"; upload it with unpack=false so that it stays as it is');
  }
  return { files: id, path: only };
}

async function onlyFile({ storedFiles }: Context, id: string): Promise<string | null> {
  const names = await storedFiles.list(id);
  return names.length === 1 ? names[0]! : null;
}

async function storeContext(
  context: Context,
  build: NonNullable<Written['build']>,
  field: string,
): Promise<StoredDefinition['build']> {
  const dockerfilePath = build.dockerfile_path ?? DEFAULT_DOCKERFILE_PATH;
  const id = await storeWrittenFiles(context, build.path, `${field}/path`);
  await checkHolds(context, id, dockerfilePath, `${field}/dockerfile_path`);
  return { files: id, dockerfilePath };
}

/** What the packages mean is judged where they are installed; what is no YAML at all can be said at once. */
async function readConda(
  context: Context,
  written: NonNullable<Written['conda_file']>,
  field: string,
): Promise<string> {
  const text = await readText(context, typeof written === 'string' ? written : stringify(written), field);
  const [error] = parseDocument(text).errors;
  if (error !== undefined) refuse(field, `must be YAML: ${error.message.split('\n')[0]}`);
  return text;
}

/** Text as it was written, or of the one file that was uploaded. */
async function readText(context: Context, text: string, field: string): Promise<string> {
  if (!/^upload:\S+$/.test(text)) return text;
  const { files } = await openWrittenSource(context, text, field);
  const [file] = files;
  if (file === undefined || files.length > 1) refuse(field, 'must be an upload of one file');
  if ((await stat(file.from)).size > MAX_TEXT_BYTES) refuse(field, `must have at most ${MAX_TEXT_BYTES} bytes`);
  await context.uploads.markUsed(text.slice('upload:'.length));
  return readFile(file.from, 'utf8');
}

function refuse(path: string, message: string): never {
  const name = path === '' ? 'The environment' : `The field ${path.slice(1).replaceAll('/', '.')}`;
  throw new AppError('request.invalid', `${name} ${message}.`, { errors: [{ path, message }] });
}
