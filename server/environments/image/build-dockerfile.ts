import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { formatImageReference, type ImageReference } from '#lib/contracts/image-reference.ts';
import { listFiles, packContext } from './build-context.ts';
import { createBuildOutput, type BuildStep } from './build-output.ts';
import { ownNameOf, shareNames, type BuildTask, type MadeImage } from './build-task.ts';
import { BuildFailedError, classifyBuildFailure } from './classify-failure.ts';
import { readBase, readDockerfile, readFrom, type DockerfileOutline } from './dockerfile.ts';
import { EngineRefusalError, type RegistryCredentials } from './engine.ts';
import type { ImageBuildSettings } from './image-settings.ts';
import { isOurs, mayHaveMoved, pullAgain } from './pull-image.ts';

/**
 * A Dockerfile that names this file finds the installation's extra authorities there. It is in no other context: `COPY .` would bake it in.
 * The classic builder has no secret mounts; in a stage of its own the file stays out of the result.
 */
const CA_PATH = '.viridian/extra-ca.crt';
const LISTED_FILES = 20;
const SHOWN_INSTRUCTION_CHARACTERS = 80;

/**
 * Builds a Dockerfile with its context. Proxies are passed as the predefined arguments, which the engine keeps out of the image and its history.
 * @throws BuildFailedError
 */
export async function buildDockerfile(
  task: BuildTask,
  { contextDir, dockerfilePath }: { contextDir: string; dockerfilePath: string },
  ownArguments: Readonly<Record<string, string>> = {},
): Promise<MadeImage> {
  const { engine, journal, settings } = task;
  const path = posix.normalize(dockerfilePath);
  const text = await readDockerfileText(contextDir, path);
  const outline = readDockerfile(text);
  const credentials = await findCredentials(task, outline.bases);
  const warnings = task.isRebuild ? await refreshBases(task, outline.bases) : [];
  const absent = await listAbsent(task, outline.bases);
  journal.step(`Sending the context of ${path}`);
  const context = await packContext({ folder: contextDir, dockerfile: path, extra: await extraFiles(settings, text) });
  const output = createBuildOutput();
  let step: BuildStep | null = null;
  const tag = ownNameOf(task.ownName);
  try {
    const buildArgs = { ...proxyEnvironment(settings), ...indexArguments(settings, outline), ...ownArguments };
    const network = settings.VIRIDIAN_BUILD_NETWORK;
    const options = {
      dockerfile: path,
      tag,
      labels: task.labels,
      buildArgs,
      network,
      credentials,
      useCache: !task.isRebuild,
    };
    await engine.build(
      context,
      options,
      (event) => {
        const seen = output.add(event);
        for (const line of seen.lines) journal.line(line);
        ({ step } = seen);
        if (step !== null) journal.step(describeStep(step), seen.progress, seen.parts);
      },
      task.signal,
    );
  } catch (error) {
    for (const line of output.end()) journal.line(line);
    if (!(error instanceof EngineRefusalError)) throw error;
    throw explain(error.message, step, credentials);
  } finally {
    context.destroy();
    await recordPulled(task, absent);
    for (const id of output.leftovers()) task.traces.layers.add(id);
  }
  const image = await engine.inspect(tag);
  if (image === null) throw new BuildFailedError('deployment.build_failed', 'The build ended without an image.');
  return { image, digest: null, python: null, warnings, packages: [] };
}

/** @throws BuildFailedError deployment.dockerfile_missing with what is there */
async function readDockerfileText(contextDir: string, path: string): Promise<string> {
  if (posix.isAbsolute(path) || path === '..' || path.startsWith('../')) {
    throw new BuildFailedError('deployment.dockerfile_missing', `"${path}" is not inside the build context.`);
  }
  try {
    return await readFile(join(contextDir, path), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR') throw error;
    throw new BuildFailedError('deployment.dockerfile_missing', await describeMissing(contextDir, path));
  }
}

async function describeMissing(contextDir: string, path: string): Promise<string> {
  const files = await listFiles(contextDir);
  const similar = files.filter((file) => /(?:^|\/)[^/]*dockerfile[^/]*$/i.test(file));
  const hint = similar.length === 0 ? '' : ` Did you mean "${similar[0]}"? Set dockerfile_path.`;
  const listed = files.slice(0, LISTED_FILES).join(', ');
  const more = files.length > LISTED_FILES ? ` and ${files.length - LISTED_FILES} more` : '';
  return `The build context has no file "${path}".${hint} It has: ${listed === '' ? 'nothing' : listed}${more}.`;
}

async function extraFiles(settings: ImageBuildSettings, dockerfile: string): Promise<Record<string, Buffer>> {
  const { VIRIDIAN_EXTRA_CA_FILE: caFile } = settings;
  return caFile === undefined || !dockerfile.includes(CA_PATH) ? {} : { [CA_PATH]: await readFile(caFile) };
}

/** Looks the images in FROM up again at their registries; where one does not answer, what is here is taken. Returns what to warn of. */
async function refreshBases(task: BuildTask, bases: readonly ImageReference[]): Promise<string[]> {
  task.journal.line('A rebuild: every step runs anew, and images in FROM are looked up again.');
  const warnings: string[] = [];
  for (const base of bases) {
    const name = formatImageReference(base);
    const present = await task.engine.inspect(name);
    if (present === null || !mayHaveMoved(task, base, present)) continue;
    const wasOurs = isOurs(task, name);
    warnings.push(...(await pullAgain(task, base)));
    const image = await task.engine.inspect(name);
    if (wasOurs && image !== null) task.traces.names.push({ name, imageId: image.id });
  }
  return warnings;
}

/** Images in FROM that the engine will have to pull. Those that builds of ours brought here stay for this one too. */
async function listAbsent(task: BuildTask, bases: readonly ImageReference[]): Promise<string[]> {
  const absent: string[] = [];
  for (const name of new Set(bases.map(formatImageReference))) {
    const image = await task.engine.inspect(name);
    if (image === null) absent.push(name);
    else shareNames(task, image.id);
  }
  return absent;
}

async function recordPulled(task: BuildTask, absent: readonly string[]): Promise<void> {
  for (const name of absent) {
    const image = await task.engine.inspect(name);
    if (image !== null) task.traces.names.push({ name, imageId: image.id });
  }
}

async function findCredentials(
  task: BuildTask,
  bases: readonly ImageReference[],
): Promise<Record<string, RegistryCredentials>> {
  const found: Record<string, RegistryCredentials> = {};
  for (const { registry } of bases) {
    const credentials = await task.credentials(registry);
    if (credentials !== null) found[registry] = credentials;
  }
  return found;
}

/** Both spellings: programs differ in which they read. */
export function proxyEnvironment(settings: ImageBuildSettings): Record<string, string> {
  const values = {
    HTTP_PROXY: settings.VIRIDIAN_HTTP_PROXY,
    HTTPS_PROXY: settings.VIRIDIAN_HTTPS_PROXY,
    NO_PROXY: settings.VIRIDIAN_NO_PROXY,
  };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    environment[name] = value;
    environment[name.toLowerCase()] = value;
  }
  return environment;
}

/** For a Dockerfile that declares them. Arguments stay in the image's history, so that an index with a password is not passed. */
function indexArguments(settings: ImageBuildSettings, { args }: DockerfileOutline): Record<string, string> {
  const extra = settings.VIRIDIAN_PIP_EXTRA_INDEX_URLS;
  const values = {
    PIP_INDEX_URL: [settings.VIRIDIAN_PIP_INDEX_URL],
    PIP_EXTRA_INDEX_URL: extra,
  };
  const wanted = Object.entries(values).filter(
    ([name, urls]) => args.has(name) && urls.length > 0 && urls.every((url) => new URL(url).password === ''),
  );
  return Object.fromEntries(wanted.map(([name, urls]) => [name, urls.join(' ')]));
}

function describeStep({ number, of, instruction, cached }: BuildStep): string {
  const shown =
    instruction.length > SHOWN_INSTRUCTION_CHARACTERS
      ? `${instruction.slice(0, SHOWN_INSTRUCTION_CHARACTERS)}…`
      : instruction;
  return `Step ${number}/${of}: ${shown}${cached ? ' (from the cache)' : ''}`;
}

function explain(
  said: string,
  step: BuildStep | null,
  credentials: Record<string, RegistryCredentials>,
): BuildFailedError {
  const from = step === null ? null : readFrom(step.instruction);
  const base = from === null ? null : readBase(from.image);
  const pulling = base === null ? null : { reference: base, withCredentials: base.registry in credentials };
  return classifyBuildFailure(said, step === null ? null : describeStep(step), pulling);
}
