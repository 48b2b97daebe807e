import { BatchQueue, AbandonedError, QueueFullError, type BatchLimits } from './execution/batch-queue.ts';
import type { HttpRequest, HttpResponder } from './http1/http-connection.ts';
import { inflateBody, InflateError } from './http1/inflate-body.ts';
import type { LoadedModel } from './load-model.ts';
import { Metrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { decodeInferRequest } from './protocol/infer-request.ts';
import { encodeInferResponse } from './protocol/infer-response.ts';
import { InputError } from './protocol/input-error.ts';
import { parseJson } from './protocol/parse-json.ts';
import { decodeScoreRequest } from './protocol/score-request.ts';
import { encodeScoreResponse } from './protocol/score-response.ts';
import type { TensorSignature } from './tensors/tensor.ts';

const JSON_TYPE = 'application/json';
const MODEL_PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/;

export interface ModelServerOptions {
  limits: BatchLimits;
  maxBodyBytes: number;
  log(line: string): void;
}

/** The routes of an instance. Probes are answered from the start; the model's routes once `serve` was called. */
export class ModelServer {
  readonly #options: ModelServerOptions;
  readonly #metrics = new Metrics();
  #model: LoadedModel | null = null;
  #queue: BatchQueue | null = null;
  #document = '';
  #exactIntegers = false;
  /** Once any input has been computed, a failing run is the doing of its input: a graph is a function of its inputs. */
  #hasComputed = false;
  #draining = false;

  constructor(options: ModelServerOptions) {
    this.#options = options;
  }

  /** From now on predictions are answered. */
  serve(model: LoadedModel): void {
    this.#model = model;
    this.#hasComputed = model.hasRun;
    this.#document = JSON.stringify(describeApi(model));
    this.#exactIntegers = model.inputs.some(({ datatype }) => datatype === 'INT64' || datatype === 'UINT64');
    this.#queue = new BatchQueue({
      run: (inputs) => model.session.run(inputs),
      limits: this.#options.limits,
      merge: model.batching.merge,
      onRun: (report) => {
        this.#hasComputed = true;
        this.#metrics.countRun(report);
      },
      onMergeStopped: (reason) => this.#options.log(`batching is off from now on: ${reason}`),
    });
  }

  /** The instance is about to end: it says that it is not ready, and still answers. */
  startDraining(): void {
    this.#draining = true;
  }

  handle(request: HttpRequest, responder: HttpResponder): void {
    const coding = request.head.headers.get('content-encoding');
    if (coding === undefined || coding === 'identity') this.#route(request, responder);
    else this.#inflate(coding, request, responder);
  }

  #inflate(coding: string, request: HttpRequest, responder: HttpResponder): void {
    inflateBody(coding, request.body, this.#options.maxBodyBytes)
      .then((body) => this.#route({ head: request.head, body }, responder))
      .catch((cause: unknown) => this.#failure(responder, routeOf(request.head.path), cause));
  }

  #route(request: HttpRequest, responder: HttpResponder): void {
    const { path, method } = request.head;
    if (path === '/score') this.#only('POST', 'score', method, responder, () => this.#score(request, responder));
    else if (path.startsWith('/v2/models/')) this.#modelRoute(path, request, responder);
    else this.#only('GET', 'other', method, responder, () => this.#get(path, responder));
  }

  #only(allowed: 'GET' | 'POST', route: string, method: string, responder: HttpResponder, answer: () => void): void {
    if (method === allowed || (method === 'HEAD' && allowed === 'GET')) answer();
    else this.#error(responder, route, 405, 'method_not_allowed', `Use ${allowed}.`, `Allow: ${allowed}\r\n`);
  }

  #get(path: string, responder: HttpResponder): void {
    switch (path) {
      case '/health/live':
        return this.#answer(responder, 'health', 200, '{"status":"live"}');
      case '/v2/health/live':
        return this.#answer(responder, 'health', 200, '{"live":true}');
      case '/health/ready':
      case '/v2/health/ready':
        return this.#readiness(responder, path.startsWith('/v2'));
      case '/metrics':
        return responder.send(
          200,
          'text/plain; version=0.0.4',
          this.#metrics.format(this.#queue ?? { queued: 0, running: 0 }),
        );
      case '/v2':
        return this.#answer(responder, 'metadata', 200, SERVER_METADATA);
      case '/':
        return this.#answer(
          responder,
          'other',
          200,
          JSON.stringify({ status: this.#model === null ? 'loading' : 'healthy' }),
        );
      case '/swagger.json':
      case '/openapi.json':
        if (this.#model !== null) return this.#answer(responder, 'metadata', 200, this.#document);
        return this.#loading(responder, 'metadata');
      default:
        return this.#error(responder, 'other', 404, 'not_found', `There is nothing at ${path}.`);
    }
  }

  #readiness(responder: HttpResponder, isProtocol: boolean): void {
    const ready = this.#model !== null && !this.#draining;
    const status = this.#model === null ? 'loading' : this.#draining ? 'draining' : 'ready';
    this.#answer(responder, 'health', ready ? 200 : 503, isProtocol ? `{"ready":${ready}}` : `{"status":"${status}"}`);
  }

  #score(request: HttpRequest, responder: HttpResponder): void {
    const model = this.#model;
    if (model === null) return this.#loading(responder, 'score');
    try {
      const { value, fault } = parseJson(request.body, this.#exactIntegers);
      const inputs = decodeScoreRequest(value, model.inputs);
      if (fault !== null) throw new InputError(fault);
      (this.#queue as BatchQueue)
        .submit(inputs, () => responder.aborted)
        .then((outputs) => this.#answer(responder, 'score', 200, encodeScoreResponse(outputs, model.views)))
        .catch((cause: unknown) => this.#failure(responder, 'score', cause));
    } catch (cause) {
      this.#failure(responder, 'score', cause);
    }
  }

  #modelRoute(path: string, request: HttpRequest, responder: HttpResponder): void {
    const model = this.#model;
    if (model === null) return this.#loading(responder, 'infer');
    const match = MODEL_PATH.exec(path);
    const [, name, version, action] = match ?? [];
    if (
      name === undefined ||
      decode(name) !== model.name ||
      (version !== undefined && decode(version) !== model.version)
    ) {
      const message = `There is no model at ${path}; this instance serves ${model.name}, version ${model.version}.`;
      return this.#error(responder, 'infer', 404, 'not_found', message);
    }
    const { method } = request.head;
    if (action === 'infer')
      return this.#only('POST', 'infer', method, responder, () => this.#infer(model, request, responder));
    const body = action === 'ready' ? JSON.stringify({ name: model.name, ready: true }) : formatMetadata(model);
    this.#only('GET', 'metadata', method, responder, () => this.#answer(responder, 'metadata', 200, body));
  }

  #infer(model: LoadedModel, request: HttpRequest, responder: HttpResponder): void {
    try {
      const jsonLength = parseJsonLength(request.head.headers.get('inference-header-content-length'));
      const names = model.outputs.map(({ name }) => name);
      const infer = decodeInferRequest(request.body, jsonLength, model.inputs, names);
      (this.#queue as BatchQueue)
        .submit(infer.inputs, () => responder.aborted)
        .then((outputs) => {
          const response = encodeInferResponse(infer, outputs, model.name, model.version);
          this.#metrics.countRequest('infer', 200);
          if (response.jsonLength === null) return responder.send(200, JSON_TYPE, response.body);
          const header = `Inference-Header-Content-Length: ${response.jsonLength}\r\n`;
          return responder.send(200, 'application/octet-stream', response.body, header);
        })
        .catch((cause: unknown) => this.#failure(responder, 'infer', cause));
    } catch (cause) {
      this.#failure(responder, 'infer', cause);
    }
  }

  #failure(responder: HttpResponder, route: string, cause: unknown): void {
    if (cause instanceof AbandonedError) {
      this.#error(responder, route, 499, 'client_left', cause.message);
    } else if (cause instanceof InputError) {
      this.#error(responder, route, 400, 'invalid_input', cause.message);
    } else if (cause instanceof InflateError) {
      this.#error(responder, route, cause.status, 'invalid_encoding', cause.message);
    } else if (cause instanceof QueueFullError) {
      this.#error(responder, route, 503, 'queue_full', `The instance is busy: ${cause.message}.`, 'Retry-After: 1\r\n');
    } else {
      const words = cause instanceof Error ? cause.message : String(cause);
      // onnxruntime throws plain errors; a RangeError is the engine's, for example about an answer longer than a string can be.
      const isPlain = cause instanceof Error && cause.name === 'Error';
      const isInput = isPlain && this.#hasComputed && !/alloc/i.test(words);
      this.#error(responder, route, isInput ? 400 : 500, 'model_error', `The model failed on this input: ${words}`);
      if (!isInput) this.#options.log(`a run failed: ${words}`);
    }
  }

  #loading(responder: HttpResponder, route: string): void {
    this.#error(responder, route, 503, 'loading', 'The model is still being loaded.', 'Retry-After: 1\r\n');
  }

  #answer(responder: HttpResponder, route: string, status: number, body: string): void {
    this.#metrics.countRequest(route, status);
    responder.send(status, JSON_TYPE, body);
  }

  /** The Open Inference Protocol wants the error as text; everything else gets a code to branch on beside it. */
  #error(responder: HttpResponder, route: string, status: number, code: string, message: string, headers = ''): void {
    this.#metrics.countRequest(route, status);
    const error = route === 'infer' ? message : { code, message };
    responder.send(status, JSON_TYPE, JSON.stringify({ error }), headers);
  }
}

const SERVER_METADATA = JSON.stringify({
  name: 'viridian-onnx',
  version: '1',
  extensions: ['binary_tensor_data'],
});

function formatMetadata(model: LoadedModel): string {
  return JSON.stringify({
    name: model.name,
    versions: [model.version],
    platform: 'onnxruntime_onnx',
    inputs: model.inputs.map(toMetadata),
    outputs: model.outputs.map(toMetadata),
  });
}

/** The protocol writes a dynamic axis as -1. */
function toMetadata({ name, datatype, shape }: TensorSignature) {
  return { name, datatype, shape: (shape ?? []).map((axis) => (typeof axis === 'number' ? axis : -1)) };
}

/** The name that a path has in the metrics, where it is needed before the route is known. */
function routeOf(path: string): string {
  return path.startsWith('/v2/') ? 'infer' : 'score';
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
