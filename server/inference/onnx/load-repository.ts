import { join } from 'node:path';
import { readBoundedText } from '#server/models/detect/bounded-text.ts';
import type { FoundRepository } from '#server/models/detect/triton/find-models.ts';
import type { TritonConfig } from '#server/models/detect/triton/model-config.ts';
import { onnxFileOf, readRepository, type RepositoryModel } from '#server/models/detect/triton/read-repository.ts';
import type { BatchingVerdict } from './execution/prove-batching.ts';
import { type BatchingSetting, type LoadedModel, loadGraph, ModelLoadError, verdictOf } from './load-model.ts';
import { describeConfig } from './protocol/model-config.ts';
import { EnsembleModel } from './serving/ensemble-model.ts';
import { GraphModel, type GraphTerms, type QueueSettings } from './serving/graph-model.ts';
import type { ServedModel } from './serving/served-model.ts';
import { signaturesOf, TensorMapping } from './serving/tensor-mapping.ts';

export interface RepositoryOptions {
  folder: string;
  repository: FoundRepository;
  /** Every file of the folder, relative, with `/`. */
  paths: readonly string[];
  threads: number;
  batching: BatchingSetting;
  queue: QueueSettings;
}

/**
 * Opens every version that is served of every model of a Triton repository, and wires its ensembles.
 * @throws ModelLoadError naming the model
 */
export async function loadRepository(options: RepositoryOptions): Promise<ServedModel[]> {
  const read = await readRepository(options.folder, options.repository, options.paths);
  const refused = read.find(({ description }) => !description.servable_without_triton);
  if (refused !== undefined) {
    throw new ModelLoadError(`"${refused.found.name}" cannot be served without Triton: ${refused.description.reason}`);
  }
  const served = new Map<string, ServedModel[]>();
  for (const model of read) {
    if (model.config?.ensemble == null) served.set(model.found.name, await loadGraphs(options, model));
  }
  const byName = new Map(read.map((model) => [model.found.name, model]));
  for (const model of read) await loadEnsemble(options, model, byName, served);
  return [...served.values()].flat();
}

async function loadGraphs(options: RepositoryOptions, model: RepositoryModel): Promise<ServedModel[]> {
  const { found, config, description } = model;
  const labels = await readLabels(options.folder, model);
  const graphs: ServedModel[] = [];
  for (const version of description.served_versions) {
    const loaded = await inModel(`${found.name}, version ${version}`, () =>
      loadGraph({
        file: join(options.folder, onnxFileOf(found, config, version)),
        name: found.name,
        version: String(version),
        ...shareThreads(options.threads, description.instance_count),
        sample: null,
        batching: decideBatching(options.batching, config),
      }),
    );
    graphs.push(new GraphModel(loaded, options.queue, termsOf(model, loaded, labels)));
  }
  return graphs;
}

async function inModel<Result>(what: string, load: () => Promise<Result>): Promise<Result> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof ModelLoadError) throw new ModelLoadError(`${what}: ${cause.message}`, { cause: cause.cause });
    throw cause;
  }
}

/** Instances that compute side by side share the cores, so more of them than there are cores would only wait for each other. */
function shareThreads(threads: number, wanted: number): { threads: number; instances: number } {
  const instances = Math.min(wanted, threads);
  return { instances, threads: Math.max(1, Math.floor(threads / instances)) };
}

/** As the description says, which is trusted; where it leaves all of it to the server, it is found out. */
function decideBatching(setting: BatchingSetting, config: TritonConfig | null): BatchingVerdict | 'prove' {
  const isOpen = config === null || (config.maxBatchSize === 0 && config.inputs.length === 0);
  if (setting === 'off' || isOpen) return verdictOf(setting);
  if (config.maxBatchSize === 0) return { merge: false, reason: 'max_batch_size is 0' };
  if (config.dynamicBatching === null) return { merge: false, reason: 'config.pbtxt has no dynamic_batching' };
  return { merge: true };
}

function termsOf({ config, description }: RepositoryModel, loaded: LoadedModel, labels: GraphTerms['labels']) {
  if (config === null) return null;
  return {
    mapping: new TensorMapping(config, loaded),
    config: describeConfig(config, loaded, loaded.session.size),
    labels,
    inferSample: description.sample_request ?? null,
  };
}

/** An ensemble is loaded after those that it calls, which may be ensembles themselves; that none calls itself is known by now. */
async function loadEnsemble(
  options: RepositoryOptions,
  model: RepositoryModel,
  byName: ReadonlyMap<string, RepositoryModel>,
  served: Map<string, ServedModel[]>,
): Promise<void> {
  const { found, config, description } = model;
  if (config?.ensemble == null || served.has(found.name)) return;
  const inputs = signaturesOf(config, config.inputs) ?? [];
  const outputs = signaturesOf(config, config.outputs) ?? [];
  const labels = await readLabels(options.folder, model);
  const steps = [];
  for (const step of config.ensemble) {
    const called = byName.get(step.model);
    if (called !== undefined) await loadEnsemble(options, called, byName, served);
    const versions = served.get(step.model) ?? [];
    const chosen = step.version < 0 ? versions.at(-1) : versions.find(({ version }) => version === `${step.version}`);
    if (chosen === undefined) throw new ModelLoadError(`"${found.name}": there is no step "${step.model}"`);
    steps.push({ model: chosen, inputs: step.inputs, outputs: step.outputs });
  }
  const shared = { name: found.name, inputs, outputs, labels, steps, maxBatchSize: config.maxBatchSize };
  const json = describeConfig(config, shared, 1);
  const inferSample = description.sample_request ?? null;
  served.set(
    found.name,
    description.served_versions.map(
      (version) => new EnsembleModel({ ...shared, version: String(version), config: json, inferSample }),
    ),
  );
}

/** Class names of a model's outputs, a line each. */
async function readLabels(folder: string, { found, config }: RepositoryModel): Promise<Map<string, string[]>> {
  const labels = new Map<string, string[]>();
  for (const { name, labelFile } of config?.outputs ?? []) {
    if (labelFile === '') continue;
    const text = await readBoundedText(folder, found.base + labelFile);
    labels.set(name, text.trimEnd().split(/\r?\n/));
  }
  return labels;
}
