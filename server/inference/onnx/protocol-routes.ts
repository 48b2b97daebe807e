import type { Answers } from './answers.ts';
import type { HttpRequest, HttpResponder } from './http1/http-connection.ts';
import { decodeInferRequest } from './protocol/infer-request.ts';
import { encodeInferResponse } from './protocol/infer-response.ts';
import { InputError } from './protocol/input-error.ts';
import type { ModelCatalogue } from './serving/model-catalogue.ts';
import type { ServedModel } from './serving/served-model.ts';
import type { TensorSignature } from './tensors/tensor.ts';

const MODEL_PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|config|infer))?$/;
const STATISTICS = /^\/v2\/models(?:\/[^/]+(?:\/versions\/[^/]+)?)?\/stats$/;
const REPOSITORY_CHANGE = /^\/v2\/repository\/models\/[^/]+\/(?:un)?load$/;

/** The extension is not announced either; counters by phase as Triton keeps them would have to be made up. */
const NO_STATISTICS =
  'This server does not keep the statistics of Triton. Requests, rows and run times are at /metrics, in the text format of Prometheus.';

export const SERVER_METADATA = JSON.stringify({
  name: 'viridian-onnx',
  version: '1',
  extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository'],
});

/** The routes of the Open Inference Protocol that are about models, with those of Triton that its clients use. */
export class ProtocolRoutes {
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  handle(path: string, catalogue: ModelCatalogue, request: HttpRequest, responder: HttpResponder): void {
    const { method } = request.head;
    if (path === '/v2/repository/index') {
      const body = JSON.stringify(catalogue.models.map(indexEntry));
      return this.#answers.only('POST', 'metadata', method, responder, () =>
        this.#answers.json(responder, 'metadata', 200, body),
      );
    }
    if (REPOSITORY_CHANGE.test(path)) return this.#fixed(responder);
    if (STATISTICS.test(path)) return this.#answers.error(responder, 'infer', 400, 'no_statistics', NO_STATISTICS);
    const [, name, version, action] = MODEL_PATH.exec(path) ?? [];
    const model = name === undefined ? null : catalogue.find(decode(name), version && decode(version));
    if (model === null) return this.#notFound(path, catalogue, responder);
    if (action === 'infer') {
      return this.#answers.only('POST', 'infer', method, responder, () => this.#infer(model, request, responder));
    }
    this.#answers.only('GET', 'metadata', method, responder, () =>
      this.#answers.json(responder, 'metadata', 200, formatFacts(model, action, catalogue)),
    );
  }

  #infer(model: ServedModel, request: HttpRequest, responder: HttpResponder): void {
    try {
      const jsonLength = parseJsonLength(request.head.headers.get('inference-header-content-length'));
      const names = model.outputs.map(({ name }) => name);
      const infer = decodeInferRequest(request.body, jsonLength, model.inputs, names);
      model
        .infer(infer.inputs, () => responder.aborted)
        .then((outputs) => {
          const { body, jsonLength } = encodeInferResponse(infer, outputs, model);
          if (jsonLength === null) return this.#answers.json(responder, 'infer', 200, body as string);
          const header = `Inference-Header-Content-Length: ${jsonLength}\r\n`;
          return this.#answers.bytes(responder, 'infer', 200, 'application/octet-stream', body, header);
        })
        .catch((cause: unknown) => this.#answers.failure(responder, 'infer', cause, model.hasComputed));
    } catch (cause) {
      this.#answers.failure(responder, 'infer', cause, model.hasComputed);
    }
  }

  #notFound(path: string, catalogue: ModelCatalogue, responder: HttpResponder): void {
    const message = `There is no model at ${path}; this instance serves ${catalogue.describe()}.`;
    this.#answers.error(responder, 'infer', 404, 'not_found', message);
  }

  /** What a deployment serves changes with the deployment, so that all its instances serve the same. */
  #fixed(responder: HttpResponder): void {
    const message = 'Models are loaded with the deployment and stay; update the deployment to serve others.';
    this.#answers.error(responder, 'infer', 400, 'fixed_repository', message);
  }
}

function indexEntry({ name, version }: ServedModel) {
  return { name, version, state: 'READY', reason: '' };
}

function formatFacts(model: ServedModel, action: string | undefined, catalogue: ModelCatalogue): string {
  const { name, platform, inputs, outputs } = model;
  if (action === 'ready') return JSON.stringify({ name, ready: true });
  if (action === 'config') return JSON.stringify(model.config);
  const versions = catalogue.versionsOf(name);
  return JSON.stringify({ name, versions, platform, inputs: inputs.map(toMetadata), outputs: outputs.map(toMetadata) });
}

/** The protocol writes a dynamic axis as -1. */
function toMetadata({ name, datatype, shape }: TensorSignature) {
  return { name, datatype, shape: (shape ?? []).map((axis) => (typeof axis === 'number' ? axis : -1)) };
}

function parseJsonLength(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (!/^\d{1,10}$/.test(header)) throw new InputError('Inference-Header-Content-Length is not a number.');
  return Number(header);
}

/** A path segment without percent-encoding; as it is where it is encoded wrongly. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
