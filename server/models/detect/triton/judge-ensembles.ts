import type { TensorSpec, TritonModel } from '#lib/contracts/model.ts';
import { ENSEMBLE_BACKEND, sayShape } from './judge-model.ts';
import type { EnsembleStep, TritonConfig } from './model-config.ts';

/** A model of a repository as it is shown, and its description where it has one. */
export interface JudgedModel {
  description: TritonModel;
  config: TritonConfig | null;
}

/** Models by name, with what became of the ensembles among them. */
type Judgements = Map<string, TritonModel>;

/**
 * Ensembles are served where every model that they call is, every tensor is made once, and types and shapes agree along the way. An ensemble
 * may call another. Pure.
 * @returns the descriptions in the order of the models
 */
export function judgeEnsembles(models: readonly JudgedModel[]): TritonModel[] {
  const judged: Judgements = new Map();
  const byName = new Map(models.map((model) => [model.description.name, model]));
  const judge = (name: string, callers: readonly string[]): TritonModel | string => {
    const model = byName.get(name);
    if (model === undefined) return `"${name}" is no model of this repository.`;
    if (callers.includes(name)) return `"${name}" is called by itself.`;
    const known = judged.get(name);
    if (known !== undefined) return known;
    const description = judgeOne(model, (step) => judge(step, [...callers, name]));
    judged.set(name, description);
    return description;
  };
  for (const name of byName.keys()) judge(name, []);
  return models.map(({ description }) => judged.get(description.name) ?? description);
}

type FindModel = (name: string) => TritonModel | string;

function judgeOne({ description, config }: JudgedModel, find: FindModel): TritonModel {
  if (description.backend !== ENSEMBLE_BACKEND || !description.servable_without_triton) return description;
  const steps = config?.ensemble ?? [];
  // Its folder may be empty, and then is not among the files that a repository came with.
  const served = description.served_versions.length === 0 ? [1] : description.served_versions;
  const fault = steps.length === 0 ? 'The ensemble has no steps.' : faultOf(description, steps, find);
  const isServed = fault === null;
  return {
    ...description,
    served_versions: served,
    servable_without_triton: isServed,
    reason: fault ?? `An ensemble of ${description.ensemble_steps.join(', ')}.`,
  };
}

function faultOf(ensemble: TritonModel, steps: readonly EnsembleStep[], find: FindModel): string | null {
  const made = new Map<string, TensorSpec>(ensemble.inputs.map((input) => [input.name, input]));
  const models = new Map<EnsembleStep, TritonModel>();
  for (const step of steps) {
    const model = find(step.model);
    const fault = typeof model === 'string' ? `Its step ${model}` : stepFault(ensemble, step, model);
    if (fault !== null) return fault;
    models.set(step, model as TritonModel);
  }
  for (const [step, model] of models) {
    for (const [output, tensor] of Object.entries(step.outputs)) {
      if (made.has(tensor)) return `Its tensor "${tensor}" is made twice, the second time by the step "${step.model}".`;
      made.set(tensor, model.outputs.find(({ name }) => name === output) as TensorSpec);
    }
  }
  return connectionFault(ensemble, models, made) ?? orderFault(ensemble, steps);
}

function stepFault(ensemble: TritonModel, step: EnsembleStep, model: TritonModel): string | null {
  const what = `Its step "${step.model}"`;
  if (!model.servable_without_triton) return `${what} cannot be served. ${model.reason}`;
  if (step.version >= 0 && !model.served_versions.includes(step.version)) {
    return `${what} asks for version ${step.version}, and ${model.served_versions.join(', ')} is served.`;
  }
  if (model.max_batch_size > 0 && model.max_batch_size < ensemble.max_batch_size) {
    return `${what} takes at most ${model.max_batch_size} rows (max_batch_size), and the ensemble ${ensemble.max_batch_size}.`;
  }
  for (const [side, map] of [
    ['input', step.inputs],
    ['output', step.outputs],
  ] as const) {
    const names = model[`${side}s`].map(({ name }) => name);
    const unknown = Object.keys(map).find((name) => !names.includes(name));
    if (unknown !== undefined) return `${what} has no ${side} "${unknown}", which its ${side}_map names.`;
  }
  const missing = model.inputs.find(({ name }) => step.inputs[name] === undefined);
  return missing === undefined ? null : `${what} needs the input "${missing.name}", which its input_map does not name.`;
}

function connectionFault(
  ensemble: TritonModel,
  models: ReadonlyMap<EnsembleStep, TritonModel>,
  made: ReadonlyMap<string, TensorSpec>,
): string | null {
  const uses = [...models].flatMap(([step, model]) =>
    Object.entries(step.inputs).map(([input, tensor]) => ({
      tensor,
      user: `the input "${input}" of its step "${step.model}"`,
      taken: model.inputs.find(({ name }) => name === input) as TensorSpec,
    })),
  );
  uses.push(...ensemble.outputs.map((output) => ({ tensor: output.name, user: 'its output', taken: output })));
  for (const { tensor, user, taken } of uses) {
    const given = made.get(tensor);
    if (given === undefined) return `Its tensor "${tensor}", which is ${user}, is made by none of its steps.`;
    if (given.datatype !== taken.datatype || !agree(given.shape, taken.shape)) {
      return `Its tensor "${tensor}" is ${given.datatype} ${sayShape(given.shape)}, and ${user} is ${taken.datatype} ${sayShape(taken.shape)}.`;
    }
  }
  return ensemble.outputs.length === 0 ? 'It names no output.' : null;
}

/** A shape that is not known agrees with any. */
function agree(a: TensorSpec['shape'], b: TensorSpec['shape']): boolean {
  if (a.length === 0 || b.length === 0) return true;
  const isFree = (axis: unknown): boolean => typeof axis !== 'number';
  return a.length === b.length && a.every((axis, index) => isFree(axis) || isFree(b[index]) || axis === b[index]);
}

/** Steps that wait for each other never begin. */
function orderFault(ensemble: TritonModel, steps: readonly EnsembleStep[]): string | null {
  const there = new Set(ensemble.inputs.map(({ name }) => name));
  let waiting = [...steps];
  while (waiting.length > 0) {
    const ready = waiting.filter((step) => Object.values(step.inputs).every((tensor) => there.has(tensor)));
    if (ready.length === 0)
      return `Its steps ${waiting.map(({ model }) => `"${model}"`).join(', ')} wait for each other.`;
    for (const step of ready) for (const tensor of Object.values(step.outputs)) there.add(tensor);
    waiting = waiting.filter((step) => !ready.includes(step));
  }
  return null;
}
