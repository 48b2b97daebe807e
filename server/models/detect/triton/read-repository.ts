import { join } from 'node:path';
import type { TritonModel } from '#lib/contracts/model.ts';
import { DescriptionError, readBoundedText } from '../bounded-text.ts';
import { withFileSource } from '../byte-source.ts';
import { describeOnnx } from '../describe-onnx.ts';
import { OnnxFormatError } from '../onnx-model.ts';
import { readOnnxModel } from '../onnx-source.ts';
import type { FoundModel, FoundRepository } from './find-models.ts';
import { judgeEnsembles, type JudgedModel } from './judge-ensembles.ts';
import { backendOf, judgeModel, ONNX_BACKEND, type OnnxFinding, versionsServed } from './judge-model.ts';
import { parseTritonConfig, type TritonConfig } from './model-config.ts';

export interface RepositoryModel {
  found: FoundModel;
  /** Null where Triton would complete it, or where it cannot be read. */
  config: TritonConfig | null;
  description: TritonModel;
}

/**
 * Everything that is known of the models of a repository without running them.
 * @param paths every file of the folder, relative, with `/`
 * @throws only what the file system throws
 */
export async function readRepository(
  folder: string,
  repository: FoundRepository,
  paths: readonly string[],
): Promise<RepositoryModel[]> {
  const judged: (JudgedModel & { found: FoundModel })[] = [];
  for (const found of repository.models) judged.push({ found, ...(await inspectModel(folder, found, paths)) });
  const descriptions = judgeEnsembles(judged);
  return judged.map((model, index) => ({ ...model, description: descriptions[index] as TritonModel }));
}

/** Path of the file of one version inside the folder. */
export function onnxFileOf(found: FoundModel, config: TritonConfig | null, version: number): string {
  return `${found.base}${version}/${config?.defaultModelFilename || 'model.onnx'}`;
}

async function inspectModel(folder: string, found: FoundModel, paths: readonly string[]): Promise<JudgedModel> {
  const { config, fault } = await readConfig(folder, found);
  const onnx = new Map<number, OnnxFinding>();
  if (backendOf(found, config) === ONNX_BACKEND) {
    for (const version of versionsServed(found, config)) {
      const entry = onnxFileOf(found, config, version);
      const missing = `The file ${entry.slice(entry.lastIndexOf('/') + 1)} is not there, or is a folder.`;
      onnx.set(version, paths.includes(entry) ? await inspectOnnx(folder, entry, paths) : { fault: missing });
    }
  }
  const labels = (config?.outputs ?? []).map(({ labelFile }) => labelFile).filter((file) => file !== '');
  const missingLabels = labels.filter((file) => !paths.includes(found.base + file));
  return { config, description: judgeModel({ found, config, configFault: fault, onnx, missingLabels }) };
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
