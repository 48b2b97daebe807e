import { writeSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { ConfigError, parseConfig } from '#server/kernel/config.ts';
import { EXIT_BAD_DATA, EXIT_CONFIG } from '#server/kernel/exit-status.ts';
import { listModelFiles } from '#server/models/detect/detect-model.ts';
import { findRepository } from '#server/models/detect/triton/find-models.ts';
import { formatBanner } from './banner.ts';
import { HttpServer } from './http1/http-server.ts';
import { loadModel, ModelLoadError } from './load-model.ts';
import { loadRepository } from './load-repository.ts';
import { Metrics } from './metrics.ts';
import { ModelServer } from './model-server.ts';
import { GraphModel, type QueueSettings } from './serving/graph-model.ts';
import type { ServedModel } from './serving/served-model.ts';
import { instanceConfig, onnxServerConfig, type OnnxServerSettings } from './settings.ts';

/** Only whoever started the instance speaks to it: on the process runtime that is the gateway of the same host. */
const HOST = '127.0.0.1';

/** The ONNX model server: one process per instance. Its last line says why it ended. */
async function main(): Promise<void> {
  const settings = parseConfig(onnxServerConfig, process.env);
  const instance = z.object(instanceConfig).parse(process.env);
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  const metrics = new Metrics();
  const maxBodyBytes = settings.VIRIDIAN_ONNX_MAX_BODY_BYTES;
  const modelServer = new ModelServer({ metrics, maxBodyBytes, log });
  const http = new HttpServer({
    handler: (request, responder) => modelServer.handle(request, responder),
    maxBodyBytes,
    keepAliveMs: settings.VIRIDIAN_ONNX_KEEP_ALIVE_MS,
    receiveTimeoutMs: settings.VIRIDIAN_ONNX_RECEIVE_TIMEOUT_MS,
  });
  // Before the model is loaded: a probe during a long load gets an answer that says so.
  const port = await http.listen(HOST, instance.PORT);
  drainOnSignal(http, modelServer, settings.VIRIDIAN_ONNX_DRAIN_TIMEOUT_MS);
  const startedAt = performance.now();
  const models = await loadModels(instance.AZUREML_MODEL_DIR, settings, {
    limits: {
      maxRows: settings.VIRIDIAN_ONNX_MAX_BATCH_ROWS,
      maxQueuedRequests: settings.VIRIDIAN_ONNX_MAX_QUEUED_REQUESTS,
      maxQueuedBytes: settings.VIRIDIAN_ONNX_MAX_QUEUED_BYTES,
    },
    onRun: (report) => metrics.countRun(report),
    log,
  });
  modelServer.serve(models);
  const banner = formatBanner(models, settings.VIRIDIAN_ONNX_THREADS, performance.now() - startedAt);
  log(`${banner}; listening on http://${HOST}:${port}`);
}

/** The models of a Triton repository, or the one of a plain folder. */
async function loadModels(path: string, settings: OnnxServerSettings, queue: QueueSettings): Promise<ServedModel[]> {
  const { VIRIDIAN_ONNX_THREADS: threads, VIRIDIAN_ONNX_BATCHING: batching } = settings;
  const { folder, paths } = await listModelFiles(path);
  const repository = findRepository(paths);
  if (repository !== null) return loadRepository({ folder, repository, paths, threads, batching, queue });
  const model = await loadModel({
    folder: path,
    name: settings.VIRIDIAN_ONNX_MODEL_NAME,
    version: settings.VIRIDIAN_ONNX_MODEL_VERSION,
    threads,
    batching,
  });
  return [new GraphModel(model, queue, null)];
}

function drainOnSignal(http: HttpServer, modelServer: ModelServer, timeoutMs: number): void {
  let draining = false;
  const drain = (): void => {
    if (draining) return;
    draining = true;
    modelServer.startDraining();
    setTimeout(() => exitWith(1, `requests were still under way after ${timeoutMs} ms`), timeoutMs).unref();
    void http.drain().then(() => process.exit(0));
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
}

/** Synchronously, so that the line is there when the process is gone. */
function exitWith(status: number, line: string): never {
  writeSync(2, `${line}\n`);
  process.exit(status);
}

/** What a system has too little of for the moment; everything else about a model stays as it is. */
const MAY_PASS = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EIO']);

function loadFailureStatus({ message, cause }: ModelLoadError): number {
  const mayPass =
    MAY_PASS.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '') || message.includes('bad_alloc');
  return mayPass ? 1 : EXIT_BAD_DATA;
}

if (import.meta.main) {
  process.on('uncaughtException', (cause) => exitWith(1, cause.stack ?? cause.message));
  main().catch((cause: unknown) => {
    if (cause instanceof ModelLoadError)
      exitWith(loadFailureStatus(cause), `model does not load: ${cause.message.trim()}`);
    if (cause instanceof ConfigError) exitWith(EXIT_CONFIG, cause.message);
    if (cause instanceof z.ZodError) exitWith(EXIT_CONFIG, z.prettifyError(cause));
    exitWith(1, cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  });
}
