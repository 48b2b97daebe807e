import type { DetectedModel, TritonModel } from '#lib/contracts/model.ts';
import type { FoundRepository } from './find-models.ts';
import { ENSEMBLE_BACKEND } from './judge-model.ts';
import { readRepository, type RepositoryModel } from './read-repository.ts';

/**
 * Describes a Triton model repository: which models it has, and which of them need Triton itself.
 * @param paths every file of the folder, relative, with `/`
 * @throws only what the file system throws
 */
export async function detectTriton(
  folder: string,
  repository: FoundRepository,
  paths: readonly string[],
): Promise<DetectedModel> {
  const read = await readRepository(folder, repository, paths);
  const models = read.map(({ description }) => description);
  const front = frontOf(models);
  const needing = models.filter(({ servable_without_triton: isServable }) => !isServable);
  return {
    format: 'triton',
    servable: needing.length === 0,
    reason: needing.length === 0 ? sayServable(models) : sayNeeding(needing, models.length),
    entry: front?.config ?? entryWithout(repository, front),
    inputs: front?.inputs ?? [],
    outputs: front?.outputs ?? [],
    sample_request: front?.sample_request ?? null,
    onnx: null,
    triton: {
      repository: repository.base.replace(/\/$/, ''),
      models,
      ...(front !== undefined && { sample_path: `/v2/models/${encodeURIComponent(front.name)}/infer` }),
    },
    warnings: read.flatMap(warningsOf),
  };
}

/** The model that callers most likely want: the ensemble that no other calls, else the first. */
function frontOf(models: readonly TritonModel[]): TritonModel | undefined {
  const called = new Set(models.flatMap(({ ensemble_steps: steps }) => steps));
  const ensembles = models.filter(({ backend }) => backend === ENSEMBLE_BACKEND);
  return ensembles.find(({ name }) => !called.has(name)) ?? ensembles[0] ?? models[0];
}

function sayServable(models: readonly TritonModel[]): string {
  const names = models.map(({ name }) => name).join(', ');
  return models.length === 1
    ? `Triton repository with the ONNX model ${names}.`
    : `Triton repository with ${models.length} models: ${names}.`;
}

function sayNeeding(needing: readonly TritonModel[], total: number): string {
  const reasons = needing.map(({ name, reason }) => `"${name}": ${reason}`).join(' ');
  return `${needing.length} of ${total} ${total === 1 ? 'model' : 'models'} cannot be served without Triton. ${reasons}`;
}

/** Any file of the model stands for a description that is not there. */
function entryWithout(repository: FoundRepository, front: TritonModel | undefined): string | null {
  const found = repository.models.find(({ name }) => name === front?.name);
  const [version, files] = found?.versions.entries().next().value ?? [];
  return found === undefined || files?.[0] === undefined ? null : `${found.base}${version}/${files[0]}`;
}

/** What is served otherwise than it was meant, without Triton or with it. */
function warningsOf({ found, config, description }: RepositoryModel): string[] {
  const warnings: string[] = [];
  if (config?.instanceGroups.some(({ kind }) => kind === 'KIND_GPU')) {
    warnings.push(`"${found.name}" asks for GPUs (instance_group). Without Triton it runs on the CPU.`);
  }
  if (description.backend === ENSEMBLE_BACKEND && found.versions.size === 0) {
    warnings.push(
      `The ensemble "${found.name}" has no version folder, as folders without files are not kept. Triton itself asks for one: put any file into ${found.base}1/.`,
    );
  }
  return warnings;
}
