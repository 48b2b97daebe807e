import { InputError } from '../protocol/input-error.ts';
import { checkShape } from '../tensors/decode-json.ts';
import type { NamedTensors, Tensor, TensorData } from '../tensors/tensor.ts';
import type { ServedModel } from './served-model.ts';
import { checkBatch } from './tensor-mapping.ts';

/** A call of one model within an ensemble. */
export interface ServedStep {
  model: ServedModel;
  /** Input of the model → tensor of the ensemble. */
  inputs: Readonly<Record<string, string>>;
  /** Output of the model → tensor of the ensemble. */
  outputs: Readonly<Record<string, string>>;
}

export interface EnsembleOptions extends Pick<
  ServedModel,
  'name' | 'version' | 'inputs' | 'outputs' | 'inferSample' | 'config' | 'labels'
> {
  maxBatchSize: number;
  /** Their tensors are each made once, and no step waits for itself. */
  steps: readonly ServedStep[];
}

/** Where a tensor of the ensemble comes from while a request is under way. */
interface Source {
  run: Promise<NamedTensors>;
  name: string;
}

/** Models whose tensors go from one to the other within one request. A step begins when what it takes is there. */
export class EnsembleModel implements ServedModel {
  readonly platform = 'ensemble';
  readonly name: string;
  readonly version: string;
  readonly inputs: ServedModel['inputs'];
  readonly outputs: ServedModel['outputs'];
  readonly views: ServedModel['views'];
  readonly sample = null;
  readonly inferSample: unknown | null;
  readonly config: ServedModel['config'];
  readonly labels: ServedModel['labels'];
  readonly hasBatch: boolean;
  readonly banner: string;
  /** Its requests wait and run in its steps. */
  readonly queued = 0;
  readonly running = 0;
  readonly #maxBatchSize: number;
  readonly #steps: readonly ServedStep[];

  constructor(options: EnsembleOptions) {
    this.name = options.name;
    this.version = options.version;
    this.inputs = options.inputs;
    this.outputs = options.outputs;
    this.views = options.outputs.map(({ name }) => ({ kind: 'tensor', name }));
    this.inferSample = options.inferSample;
    this.config = options.config;
    this.labels = options.labels;
    this.hasBatch = options.maxBatchSize > 0;
    this.#maxBatchSize = options.maxBatchSize;
    this.#steps = inOrder(options.steps);
    this.banner = `ensemble of ${this.#steps.map(({ model }) => model.name).join(', ')}`;
  }

  get hasComputed(): boolean {
    return this.#steps.every(({ model }) => model.hasComputed);
  }

  async infer(inputs: NamedTensors, isAbandoned: () => boolean): Promise<NamedTensors> {
    checkBatch(this.#maxBatchSize, inputs);
    const given = Promise.resolve(inputs);
    const sources = new Map<string, Source>([...inputs.keys()].map((name) => [name, { run: given, name }]));
    const runs: Promise<NamedTensors>[] = [];
    for (const step of this.#steps) {
      const run = runStep(step, sources, isAbandoned);
      runs.push(run);
      for (const [name, tensor] of Object.entries(step.outputs)) sources.set(tensor, { run, name });
    }
    // All of them, so that no failure of a step that nobody waits for goes unnoticed.
    await Promise.all(runs);
    const outputs: NamedTensors = new Map();
    for (const { name } of this.outputs) outputs.set(name, await tensorOf(sources.get(name) as Source));
    return outputs;
  }
}

/** Steps so that each stands behind those whose tensors it takes. */
function inOrder(steps: readonly ServedStep[]): ServedStep[] {
  const ordered: ServedStep[] = [];
  const makers = new Map(steps.flatMap((step) => Object.values(step.outputs).map((tensor) => [tensor, step] as const)));
  const place = (step: ServedStep): void => {
    if (ordered.includes(step)) return;
    for (const tensor of Object.values(step.inputs)) {
      const maker = makers.get(tensor);
      if (maker !== undefined) place(maker);
    }
    ordered.push(step);
  };
  steps.forEach(place);
  return ordered;
}

async function runStep(
  step: ServedStep,
  sources: ReadonlyMap<string, Source>,
  isAbandoned: () => boolean,
): Promise<NamedTensors> {
  const { model } = step;
  const inputs: NamedTensors = new Map();
  for (const signature of model.inputs) {
    const source = sources.get(step.inputs[signature.name] as string) as Source;
    inputs.set(signature.name, copyOf(await tensorOf(source)));
  }
  try {
    for (const signature of model.inputs) checkShape(signature, (inputs.get(signature.name) as Tensor).dims);
    return await model.infer(inputs, isAbandoned);
  } catch (cause) {
    throw inStep(model.name, cause);
  }
}

async function tensorOf({ run, name }: Source): Promise<Tensor> {
  return (await run).get(name) as Tensor;
}

/** A run may take its inputs' memory away, which an output of a merged run shares with its neighbours. */
function copyOf(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.slice() as TensorData };
}

/** What is wrong with a request is told with the step that found it; what is wrong with the instance stays as it is. */
function inStep(name: string, cause: unknown): unknown {
  const words = cause instanceof Error ? cause.message : '';
  if (cause instanceof InputError) return new InputError(`Step "${name}": ${words}`);
  return cause instanceof Error && cause.name === 'Error' ? new Error(`step "${name}": ${words}`, { cause }) : cause;
}
