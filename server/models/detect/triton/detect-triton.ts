import { join } from 'node:path';
import type { DetectedModel, TensorSpec, TritonModel } from '#lib/contracts/model.ts';
import { DescriptionError, readBoundedText } from '../bounded-text.ts';
import { withFileSource } from '../byte-source.ts';
import { describeOnnx } from '../describe-onnx.ts';
import { OnnxFormatError } from '../onnx-model.ts';
import { readOnnxModel } from '../onnx-source.ts';
import { makeSampleRequest } from '../sample-request.ts';
import type { FoundModel, FoundRepository } from './find-models.ts';
import {
  backendOf,
  judgeEnsembles,
  judgeModel,
  ONNX_BACKEND,
  type OnnxFinding,
  versionsServed,
} from './judge-model.ts';
import { parseTritonConfig, type TritonConfig } from './model-config.ts';

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
  const judged: TritonModel[] = [];
  for (const found of repository.models) judged.push(await inspectModel(folder, found, paths));
  const models = judgeEnsembles(judged);
  const front = models.find(({ backend }) => backend === 'ensemble') ?? models[0];
  const needing = models.filter(({ servable_without_triton: isServable }) => !isServable);
  return {
    format: 'triton',
    servable: needing.length === 0,
    reason: needing.length === 0 ? sayServable(models) : sayNeeding(needing, models.length),
    entry: front?.config ?? entryWithout(repository, front),
    inputs: front?.inputs ?? [],
    outputs: front?.outputs ?? [],
    sample_request: front === undefined ? null : sampleOf(front.inputs),
    onnx: null,
    triton: { repository: repository.base.replace(/\/$/, ''), models },
    warnings: [],
  };
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

async function inspectModel(folder: string, found: FoundModel, paths: readonly string[]): Promise<TritonModel> {
  const { config, fault } = await readConfig(folder, found);
  const onnx = new Map<number, OnnxFinding>();
  if (backendOf(found, config) === ONNX_BACKEND) {
    const name = config?.defaultModelFilename || 'model.onnx';
    for (const version of versionsServed(found, config)) {
      const entry = `${found.base}${version}/${name}`;
      const isThere = found.versions.get(version)?.includes(name) === true;
      const missing = `The file ${name} is not there, or is a folder.`;
      onnx.set(version, isThere ? await inspectOnnx(folder, entry, paths) : { fault: missing });
    }
  }
  return judgeModel({ found, config, configFault: fault, onnx });
}

async function readConfig(
  folder: string,
  { config }: FoundModel,
): Promise<{ config: TritonConfig | null; fault: string | null }> {
  if (config === null) return { config: null, fault: null };
  try {
    return { config: parseTritonConfig(await readBoundedText(folder, config)), fault: null };
  } catch (cause) {
    if (!(cause instanceof DescriptionError)) throw cause;
    return { config: null, fault: cause.message };
  }
}

async function inspectOnnx(folder: string, entry: string, paths: readonly string[]): Promise<OnnxFinding> {
  try {
    const model = await withFileSource(join(folder, entry), readOnnxModel);
    const described = describeOnnx(model, { entry, paths: new Set(paths), sample: null, warnings: [] });
    return described.servable ? { inputs: described.inputs, outputs: described.outputs } : { fault: described.reason };
  } catch (cause) {
    if (!(cause instanceof OnnxFormatError)) throw cause;
    return { fault: `It is ${cause.message}.` };
  }
}

/** A body for `/v2/models/<model>/infer`, one row. */
function sampleOf(inputs: readonly TensorSpec[]): unknown | null {
  const samples = inputs.map((input) => {
    const body = makeSampleRequest([input]) as { input_data: unknown } | null;
    const shape = input.shape.map((axis) => (typeof axis === 'number' ? axis : 1));
    return body && { name: input.name, shape, datatype: input.datatype, data: [body.input_data].flat(Infinity) };
  });
  return samples.length === 0 || samples.includes(null) ? null : { inputs: samples };
}
