import { AbandonedError, QueueFullError } from './execution/batch-queue.ts';
import type { HttpResponder } from './http1/http-connection.ts';
import { InflateError } from './http1/inflate-body.ts';
import type { Metrics } from './metrics.ts';
import { InputError } from './protocol/input-error.ts';

const JSON_TYPE = 'application/json';

/** Names of routes in the metrics. */
export type Route = 'score' | 'infer' | 'metadata' | 'health' | 'other';

/** How every route answers, and how each answer is counted. */
export class Answers {
  readonly #metrics: Metrics;
  readonly #log: (line: string) => void;

  constructor(metrics: Metrics, log: (line: string) => void) {
    this.#metrics = metrics;
    this.#log = log;
  }

  json(responder: HttpResponder, route: Route, status: number, body: string): void {
    this.bytes(responder, route, status, JSON_TYPE, body);
  }

  bytes(
    responder: HttpResponder,
    route: Route,
    status: number,
    type: string,
    body: string | Buffer,
    headers?: string,
  ): void {
    this.#metrics.countRequest(route, status);
    responder.send(status, type, body, headers);
  }

  /** Answers, or says which method is the one. */
  only(allowed: 'GET' | 'POST', route: Route, method: string, responder: HttpResponder, answer: () => void): void {
    if (method === allowed || (method === 'HEAD' && allowed === 'GET')) answer();
    else this.error(responder, route, 405, 'method_not_allowed', `Use ${allowed}.`, `Allow: ${allowed}\r\n`);
  }

  loading(responder: HttpResponder, route: Route): void {
    this.error(responder, route, 503, 'loading', 'The model is still being loaded.', 'Retry-After: 1\r\n');
  }

  /** @param hasComputed whether the model has computed anything: from then on a failing run is the doing of its input */
  failure(responder: HttpResponder, route: Route, cause: unknown, hasComputed: boolean): void {
    if (cause instanceof AbandonedError) {
      this.error(responder, route, 499, 'client_left', cause.message);
    } else if (cause instanceof InputError) {
      this.error(responder, route, 400, 'invalid_input', cause.message);
    } else if (cause instanceof InflateError) {
      this.error(responder, route, cause.status, 'invalid_encoding', cause.message);
    } else if (cause instanceof QueueFullError) {
      this.error(responder, route, 503, 'queue_full', `The instance is busy: ${cause.message}.`, 'Retry-After: 1\r\n');
    } else {
      const words = cause instanceof Error ? cause.message : String(cause);
      // onnxruntime throws plain errors; a RangeError is the engine's, for example about an answer longer than a string can be.
      const isPlain = cause instanceof Error && cause.name === 'Error';
      const isInput = isPlain && hasComputed && !/alloc/i.test(words);
      this.error(responder, route, isInput ? 400 : 500, 'model_error', `The model failed on this input: ${words}`);
      if (!isInput) this.#log(`a run failed: ${words}`);
    }
  }

  /** The Open Inference Protocol wants the error as text; everything else gets a code to branch on beside it. */
  error(responder: HttpResponder, route: Route, status: number, code: string, message: string, headers = ''): void {
    const error = route === 'infer' ? message : { code, message };
    this.bytes(responder, route, status, JSON_TYPE, JSON.stringify({ error }), headers);
  }
}
