import { BatchQueue, type BatchLimits, declaresBatchAxis, type RunReport } from '../execution/batch-queue.ts';
import { describeModel } from '../banner.ts';
import type { LoadedModel } from '../load-model.ts';
import { describePlainConfig } from '../protocol/model-config.ts';
import type { NamedTensors } from '../tensors/tensor.ts';
import type { ServedModel } from './served-model.ts';
import type { TensorMapping } from './tensor-mapping.ts';

/** What all queues of an instance share. */
export interface QueueSettings {
  limits: BatchLimits;
  onRun(report: RunReport): void;
  log(line: string): void;
}

/** What a model's `config.pbtxt` makes of its graph. */
export interface GraphTerms {
  mapping: TensorMapping;
  config: ServedModel['config'];
  labels: ServedModel['labels'];
  inferSample: unknown | null;
}

/** A model that onnxruntime runs, behind its queue. */
export class GraphModel implements ServedModel {
  readonly platform = 'onnxruntime_onnx';
  readonly name: string;
  readonly version: string;
  readonly inputs: ServedModel['inputs'];
  readonly outputs: ServedModel['outputs'];
  readonly views: ServedModel['views'];
  readonly sample: unknown | null;
  readonly inferSample: unknown | null;
  readonly config: ServedModel['config'];
  readonly labels: ServedModel['labels'];
  readonly hasBatch: boolean;
  readonly banner: string;
  readonly #mapping: TensorMapping | null;
  readonly #queue: BatchQueue;
  #hasComputed: boolean;

  /** @param terms null for a model that comes without a description */
  constructor(model: LoadedModel, settings: QueueSettings, terms: GraphTerms | null) {
    const mapping = terms?.mapping ?? null;
    this.name = model.name;
    this.version = model.version;
    this.inputs = mapping?.inputs ?? model.inputs;
    this.outputs = mapping?.outputs ?? model.outputs;
    this.views = mapping?.viewsOf(model.views) ?? model.views;
    this.sample = model.sample;
    this.inferSample = terms?.inferSample ?? null;
    this.config = terms?.config ?? describePlainConfig(model);
    this.labels = terms?.labels ?? new Map();
    this.hasBatch = mapping?.hasBatch ?? declaresBatchAxis([...model.inputs, ...model.outputs]);
    this.banner = describeModel(model);
    this.#mapping = mapping;
    this.#hasComputed = model.hasRun;
    this.#queue = new BatchQueue({
      run: (inputs) => model.session.run(inputs),
      limits: { ...settings.limits, maxRows: mapping?.maxBatchSize || settings.limits.maxRows },
      merge: model.batching.merge,
      lanes: model.session.size,
      onRun: (report) => {
        this.#hasComputed = true;
        settings.onRun(report);
      },
      onMergeStopped: (reason) =>
        settings.log(`batching of ${this.name}:${this.version} is off from now on: ${reason}`),
    });
  }

  get hasComputed(): boolean {
    return this.#hasComputed;
  }

  get queued(): number {
    return this.#queue.queued;
  }

  get running(): number {
    return this.#queue.running;
  }

  infer(inputs: NamedTensors, isAbandoned: () => boolean): Promise<NamedTensors> {
    const mapping = this.#mapping;
    if (mapping === null) return this.#queue.submit(inputs, isAbandoned);
    return this.#inferMapped(mapping, inputs, isAbandoned);
  }

  async #inferMapped(mapping: TensorMapping, inputs: NamedTensors, isAbandoned: () => boolean): Promise<NamedTensors> {
    return mapping.toClient(await this.#queue.submit(mapping.toGraph(inputs), isAbandoned));
  }
}
