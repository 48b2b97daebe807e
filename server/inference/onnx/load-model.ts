import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withFileSource } from '#server/models/detect/byte-source.ts';
import { chooseOnnxFile } from '#server/models/detect/choose-entry.ts';
import { listModelFiles, readSampleFile } from '#server/models/detect/detect-model.ts';
import { readOnnxModel } from '#server/models/detect/onnx-source.ts';
import { parseOnnxModel, type OnnxModel, type OnnxType } from '#server/models/detect/onnx-model.ts';
import { proveBatching, synthesizeRow, type BatchingVerdict } from './execution/prove-batching.ts';
import { SessionPool } from './execution/session-pool.ts';
import { lowerOutputs, needsLowering, tensorViews } from './graph/lower-outputs.ts';
import { decodeScoreRequest } from './protocol/score-request.ts';
import type { OutputView } from './protocol/score-response.ts';
import { isDatatype } from './tensors/datatypes.ts';
import type { NamedTensors, TensorSignature } from './tensors/tensor.ts';

/** A model that is ready to run, and everything about it that answers depend on. */
export interface LoadedModel {
  name: string;
  version: string;
  /** Path of the model file. */
  file: string;
  fileBytes: number;
  description: OnnxModel;
  inputs: readonly TensorSignature[];
  /** What leaves onnxruntime, and what `/v2` shows. */
  outputs: readonly TensorSignature[];
  /** What `/score` answers. */
  views: readonly OutputView[];
  /** A body for `/score` that came with the model, or null. */
  sample: unknown | null;
  session: SessionPool;
  /** Whether a run has succeeded: from then on a failing run is the doing of its input. */
  hasRun: boolean;
  batching: BatchingVerdict;
}

export interface LoadOptions {
  folder: string;
  name: string | undefined;
  version: string;
  threads: number;
  batching: BatchingSetting;
}

export type BatchingSetting = 'auto' | 'on' | 'off';

/** One model file, and all that is decided about it before it is read. */
export interface GraphOptions {
  file: string;
  name: string;
  version: string;
  threads: number;
  /** Runs that may be under way at once. */
  instances: number;
  /** A body for `/score` that came with the model, or null. */
  sample: unknown | null;
  /** Whether requests may share a run; `prove` finds it out. */
  batching: BatchingVerdict | 'prove';
}

/** The model cannot be served; the message says why, in onnxruntime's words where it is onnxruntime that refuses. */
export class ModelLoadError extends Error {
  override readonly name = 'ModelLoadError';
}

/**
 * Finds, reads and opens the model of a folder, and finds out whether its rows are independent.
 * @throws ModelLoadError
 */
export async function loadModel(options: LoadOptions): Promise<LoadedModel> {
  return orLoadError(async () => {
    const { folder, paths } = await listModelFiles(options.folder);
    const entry = chooseOnnxFile(paths);
    if (entry === null) throw new ModelLoadError(`there is no .onnx file in ${options.folder} or one level below`);
    if (entry.format !== 'onnx') throw new ModelLoadError(entry.format === 'unknown' ? entry.reason : entry.format);
    const file = join(folder, entry.entry);
    const { sample } = await readSampleFile(folder, entry.entry, paths);
    const name = options.name ?? basename(file).replace(/\.onnx$/i, '');
    const { version, threads } = options;
    return openGraph({ file, name, version, threads, instances: 1, sample, batching: verdictOf(options.batching) });
  });
}

/** Reads and opens one model file. @throws ModelLoadError */
export function loadGraph(options: GraphOptions): Promise<LoadedModel> {
  return orLoadError(() => openGraph(options));
}

async function orLoadError<Result>(load: () => Promise<Result>): Promise<Result> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof ModelLoadError) throw cause;
    throw new ModelLoadError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What the setting says about a model that says nothing itself. */
export function verdictOf(setting: BatchingSetting): BatchingVerdict | 'prove' {
  if (setting === 'auto') return 'prove';
  return setting === 'on' ? { merge: true } : { merge: false, reason: 'switched off by VIRIDIAN_ONNX_BATCHING' };
}

async function openGraph({ file, name, version, ...options }: GraphOptions): Promise<LoadedModel> {
  const source = await readSource(file);
  const { threads, instances, sample, batching } = options;
  const session = await SessionPool.open({ model: source.model, folder: dirname(file), threads }, source.totalBytes);
  const inputs = source.description.inputs.map(({ name, type }) => toSignature(name, type));
  const outputs = source.loweredDescription.outputs.map(({ name, type }) => toSignature(name, type));
  const samples = decodeSample(sample, inputs);
  const hasRun = await warmUp(session, inputs, samples);
  await session.grow(instances);
  const { fileBytes, description, views } = source;
  const verdict = await decideBatching(batching, { inputs, outputs, views, session }, samples);
  return {
    name,
    version,
    file,
    fileBytes,
    description,
    inputs,
    outputs,
    views,
    sample,
    session,
    hasRun,
    batching: verdict,
  };
}

interface ModelSource {
  /** The file's path, or its content where its outputs had to be rewritten. */
  model: string | Uint8Array;
  fileBytes: number;
  /** With external data. */
  totalBytes: number;
  description: OnnxModel;
  /** The same after rewriting. */
  loweredDescription: OnnxModel;
  views: OutputView[];
}

async function readSource(file: string): Promise<ModelSource> {
  const description = await withFileSource(file, readOnnxModel);
  const fileBytes = (await stat(file)).size;
  const external = await Promise.all(description.externalFiles.map((name) => stat(join(dirname(file), name))));
  const totalBytes = external.reduce((sum, { size }) => sum + size, fileBytes);
  if (!needsLowering(description)) {
    const views = tensorViews(description);
    return { model: file, fileBytes, totalBytes, description, loweredDescription: description, views };
  }
  const lowered = lowerOutputs(await readFile(file), description);
  const loweredDescription = parseOnnxModel(lowered.file);
  return { model: lowered.file, fileBytes, totalBytes, description, loweredDescription, views: lowered.views };
}

function toSignature(name: string, type: OnnxType): TensorSignature {
  if (type.kind !== 'tensor')
    throw new ModelLoadError(`input "${name}" is a ${type.kind}, and only tensors can be sent`);
  if (!isDatatype(type.datatype))
    throw new ModelLoadError(`tensor "${name}" is ${type.datatype}, which cannot be carried`);
  return { name, datatype: type.datatype, shape: type.shape };
}

/** True when the model has computed something, so that what it is can be told from what it is given. */
async function warmUp(session: SessionPool, inputs: readonly TensorSignature[], samples: readonly NamedTensors[]) {
  try {
    await session.calibrate(samples[0] ?? synthesizeRow(inputs, 0, 1));
    return true;
  } catch {
    // Synthetic values may be out of the model's range; what it makes of real ones shows with the first request.
    return false;
  }
}

async function decideBatching(
  wanted: BatchingVerdict | 'prove',
  model: Pick<LoadedModel, 'inputs' | 'outputs' | 'views' | 'session'>,
  samples: readonly NamedTensors[],
): Promise<BatchingVerdict> {
  if (wanted !== 'prove' && !wanted.merge) return wanted;
  if (model.views.some((view) => view.kind === 'sequence')) return { merge: false, reason: 'an output is a sequence' };
  return wanted === 'prove' ? proveBatching(model.inputs, model.outputs, samples, model.session) : wanted;
}

function decodeSample(sample: unknown | null, inputs: readonly TensorSignature[]): NamedTensors[] {
  if (sample === null) return [];
  try {
    return [decodeScoreRequest(sample, inputs)];
  } catch {
    // A sample for another route or version of the model; it is a hint and no more.
    return [];
  }
}
