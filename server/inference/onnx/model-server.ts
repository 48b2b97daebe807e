import { Answers, type Route } from './answers.ts';
import type { HttpRequest, HttpResponder } from './http1/http-connection.ts';
import { inflateBody } from './http1/inflate-body.ts';
import type { Metrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { ProtocolRoutes, SERVER_METADATA } from './protocol-routes.ts';
import { InputError } from './protocol/input-error.ts';
import { parseJson } from './protocol/parse-json.ts';
import { decodeScoreRequest } from './protocol/score-request.ts';
import { encodeScoreResponse } from './protocol/score-response.ts';
import { ModelCatalogue } from './serving/model-catalogue.ts';
import type { ServedModel } from './serving/served-model.ts';
import { needExactIntegers } from './tensors/tensor.ts';

export interface ModelServerOptions {
  metrics: Metrics;
  maxBodyBytes: number;
  log(line: string): void;
}

/** What is only read. */
const READ_PATHS: ReadonlySet<string> = new Set([
  '/',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/openapi.json',
  '/swagger.json',
  '/v2',
  '/v2/health/live',
  '/v2/health/ready',
]);

/** The routes of an instance. Probes are answered from the start; the models' routes once `serve` was called. */
export class ModelServer {
  readonly #options: ModelServerOptions;
  readonly #answers: Answers;
  readonly #protocol: ProtocolRoutes;
  #catalogue: ModelCatalogue | null = null;
  #document = '';
  #draining = false;

  constructor(options: ModelServerOptions) {
    this.#options = options;
    this.#answers = new Answers(options.metrics, options.log);
    this.#protocol = new ProtocolRoutes(this.#answers);
  }

  /** From now on predictions are answered. */
  serve(models: readonly ServedModel[]): void {
    this.#catalogue = new ModelCatalogue(models);
    this.#document = JSON.stringify(describeApi(this.#catalogue));
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
      .catch((cause: unknown) => this.#answers.failure(responder, routeOf(request.head.path), cause, true));
  }

  #route(request: HttpRequest, responder: HttpResponder): void {
    const { path, method } = request.head;
    const answers = this.#answers;
    if (path === '/score') {
      answers.only('POST', 'score', method, responder, () => this.#score(request, responder));
    } else if (path.startsWith('/v2/models/') || path.startsWith('/v2/repository/')) {
      if (this.#catalogue === null) answers.loading(responder, 'infer');
      else this.#protocol.handle(path, this.#catalogue, request, responder);
    } else if (READ_PATHS.has(path)) {
      answers.only('GET', 'other', method, responder, () => this.#get(path, responder));
    } else answers.error(responder, 'other', 404, 'not_found', `There is nothing at ${path}.`);
  }

  #get(path: string, responder: HttpResponder): void {
    const answers = this.#answers;
    switch (path) {
      case '/health/live':
        return answers.json(responder, 'health', 200, '{"status":"live"}');
      case '/v2/health/live':
        return answers.json(responder, 'health', 200, '{"live":true}');
      case '/health/ready':
      case '/v2/health/ready':
        return this.#readiness(responder, path.startsWith('/v2'));
      case '/metrics':
        return responder.send(
          200,
          'text/plain; version=0.0.4',
          this.#options.metrics.format(this.#catalogue ?? { queued: 0, running: 0 }),
        );
      case '/v2':
        return answers.json(responder, 'metadata', 200, SERVER_METADATA);
      case '/':
        return answers.json(
          responder,
          'other',
          200,
          JSON.stringify({ status: this.#catalogue === null ? 'loading' : 'healthy' }),
        );
      case '/swagger.json':
      case '/openapi.json':
        if (this.#catalogue !== null) return answers.json(responder, 'metadata', 200, this.#document);
        return answers.loading(responder, 'metadata');
    }
  }

  #readiness(responder: HttpResponder, isProtocol: boolean): void {
    const isLoaded = this.#catalogue !== null;
    const ready = isLoaded && !this.#draining;
    const status = !isLoaded ? 'loading' : this.#draining ? 'draining' : 'ready';
    const body = isProtocol ? `{"ready":${ready}}` : `{"status":"${status}"}`;
    this.#answers.json(responder, 'health', ready ? 200 : 503, body);
  }

  #score(request: HttpRequest, responder: HttpResponder): void {
    const answers = this.#answers;
    if (this.#catalogue === null) return answers.loading(responder, 'score');
    const model = this.#catalogue.only;
    if (model === null) return this.#noScore(this.#catalogue, responder);
    try {
      const { value, fault } = parseJson(request.body, needExactIntegers(model.inputs));
      const inputs = decodeScoreRequest(value, model.inputs);
      if (fault !== null) throw new InputError(fault);
      model
        .infer(inputs, () => responder.aborted)
        .then((outputs) => answers.json(responder, 'score', 200, encodeScoreResponse(outputs, model.views)))
        .catch((cause: unknown) => answers.failure(responder, 'score', cause, model.hasComputed));
    } catch (cause) {
      answers.failure(responder, 'score', cause, model.hasComputed);
    }
  }

  #noScore(catalogue: ModelCatalogue, responder: HttpResponder): void {
    const message = `This instance serves several models: ${catalogue.describe()}. Each is called at /v2/models/<name>/infer.`;
    this.#answers.error(responder, 'score', 404, 'not_found', message);
  }
}

/** The name that a path has in the metrics, where it is needed before the route is known. */
function routeOf(path: string): Route {
  return path.startsWith('/v2/') ? 'infer' : 'score';
}
