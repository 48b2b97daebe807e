import { z } from 'zod';
import {
  MODEL_READ_ONLY_FIELDS,
  modelListSchema,
  modelSchema,
  modelVersionListSchema,
  modelVersionPatchSchema,
  modelVersionSchema,
  modelVersionWriteSchema,
  sampleListSchema,
} from '#lib/contracts/model.ts';
import { operationSchema } from '#lib/contracts/operation.ts';
import { assetNameSchema, assetVersionSchema } from '#lib/contracts/resource.ts';
import { deleteModel, deleteModelVersion } from '#server/commands/delete-model.ts';
import type { ImportModelVersion, ModelImports } from '#server/commands/import-model-version.ts';
import type { ModelContext } from '#server/commands/model-context.ts';
import { changeModel, type ModelWords } from '#server/commands/change-model.ts';
import { changeModelVersion, type VersionWords } from '#server/commands/change-model-version.ts';
import type { Actor } from '#server/domain/actor.ts';
import { mergePatch } from '#server/domain/merge-patch.ts';
import { beginPutModel, putModel } from '#server/commands/put-model.ts';
import { type PutModelVersion, putModelVersion } from '#server/commands/put-model-version.ts';
import { findSameVersion, registerModelVersion } from '#server/commands/register-model-version.ts';
import { isRemotePath } from '#server/models/remote/remote-address.ts';
import { describeOperation } from '#server/queries/describe-operation.ts';
import { describeModel, getModel, listModels } from '#server/queries/list-models.ts';
import {
  describeModelVersion,
  downloadModelVersion,
  getModelVersion,
  listModelVersions,
  readModelFile,
} from '#server/queries/list-model-versions.ts';
import { listSamples, type SamplesContext } from '#server/queries/list-samples.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { accepted } from '../accepted.ts';
import { checkSameName } from '../check-same-name.ts';
import { pageQuerySchema, pageQueryShape } from '../page-query.ts';
import { parseInput, pointerOf } from '../parse-input.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, ANSWERED, defineRoute, type RouteAnswer } from '../route.ts';

type Context = ModelContext & QueryContext & SamplesContext & { imports: ModelImports };

const TAG = 'Models';
const modelParams = z.object({ model: z.string() });
const versionParams = z.object({ model: z.string(), version: z.string() });
const newModelParams = z.object({ model: assetNameSchema });
const newVersionParams = z.object({ model: assetNameSchema, version: assetVersionSchema });

const versionLocation = (name: string, version: string) => ({
  location: `${API_PREFIX}/models/${name}/versions/${version}`,
});

export function modelRoutes(context: Context): AnyRoute[] {
  return [...readRoutes(context), ...registerRoutes(context), ...changeRoutes(context), ...deleteRoutes(context)];
}

function readRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/models',
      auth: 'api',
      summary: 'List models by name',
      tag: TAG,
      query: z.strictObject({ ...pageQueryShape, name: z.string().optional() }),
      responses: { 200: modelListSchema },
      handler: async ({ actor, query }) => {
        const { limit, cursor, ...filter } = query;
        return { status: 200, body: await listModels(context, actor, filter, { limit, cursor }) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/models/{model}',
      auth: 'api',
      summary: 'Read a model',
      tag: TAG,
      params: modelParams,
      responses: { 200: modelSchema },
      handler: async ({ actor, params }) => ({ status: 200, body: await getModel(context, actor, params.model) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/models/{model}/versions',
      auth: 'api',
      summary: 'List the versions of a model, newest first',
      tag: TAG,
      params: modelParams,
      query: pageQuerySchema,
      responses: { 200: modelVersionListSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listModelVersions(context, actor, params.model, query),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/models/{model}/versions/{version}',
      auth: 'api',
      summary: 'Read a model version with what was found in its files',
      tag: TAG,
      params: versionParams,
      responses: { 200: modelVersionSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getModelVersion(context, actor, params.model, params.version),
      }),
    }),
    downloadRoute(context),
    fileRoute(context),
    samplesRoute(context),
  ];
}

function downloadRoute(context: Context): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/models/{model}/versions/{version}/download',
    auth: 'api',
    summary: 'Download the files of a model version as a tar archive',
    tag: TAG,
    params: versionParams,
    responses: { 200: null },
    handler: async ({ actor, params, raw }) => {
      const { filename, stream } = await downloadModelVersion(context, actor, params.model, params.version);
      raw.reply.header('content-type', 'application/x-tar');
      raw.reply.header('content-disposition', `attachment; filename="${filename}"`);
      raw.reply.send(stream);
      return ANSWERED;
    },
  });
}

const MAX_PREVIEW_BYTES = 1024 * 1024;

function fileRoute(context: Context): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/models/{model}/versions/{version}/file',
    auth: 'api',
    summary: 'Read the beginning of one file of a model version',
    tag: TAG,
    params: versionParams,
    query: z.object({
      path: z.string().min(1).max(4096),
      first_bytes: z.coerce.number().int().min(1).max(MAX_PREVIEW_BYTES).default(MAX_PREVIEW_BYTES),
    }),
    responses: { 200: null },
    handler: async ({ actor, params, query, raw }) => {
      const wanted = { path: query.path, firstBytes: query.first_bytes };
      const { stream, sizeBytes } = await readModelFile(context, actor, params.model, params.version, wanted);
      // Whatever is in the file, a browser must not take it for a page of this origin.
      raw.reply.header('content-type', 'application/octet-stream');
      raw.reply.header('content-disposition', 'attachment');
      raw.reply.header('x-content-type-options', 'nosniff');
      raw.reply.header('content-length', sizeBytes);
      raw.reply.send(stream);
      return ANSWERED;
    },
  });
}

function samplesRoute(context: Context): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/samples',
    auth: 'api',
    summary: 'List the bundled models',
    tag: TAG,
    query: pageQuerySchema,
    responses: { 200: sampleListSchema },
    handler: async ({ actor }) => ({ status: 200, body: await listSamples(context, actor) }),
  });
}

function registerRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/models',
      auth: 'api',
      summary: 'Register a version of the model that the body names',
      tag: TAG,
      body: modelVersionWriteSchema.required({ name: true }),
      readOnlyFields: MODEL_READ_ONLY_FIELDS,
      idempotent: true,
      responses: { 201: modelVersionSchema, 202: operationSchema },
      handler: async ({ actor, body }) => {
        const { name, version } = body;
        return register(context, actor, { name, version, written: body });
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/models/{model}/versions',
      auth: 'api',
      summary: 'Register the next version of a model',
      tag: TAG,
      params: newModelParams,
      body: modelVersionWriteSchema,
      readOnlyFields: MODEL_READ_ONLY_FIELDS,
      idempotent: true,
      responses: { 201: modelVersionSchema, 202: operationSchema },
      handler: async ({ actor, params, body }) => {
        checkSameName('name', body.name, params.model);
        return register(context, actor, { name: params.model, version: body.version, written: body });
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/models/{model}/versions/{version}',
      auth: 'api',
      summary: 'Register a version under a name of its own, or replace the words about it',
      tag: TAG,
      params: newVersionParams,
      body: modelVersionWriteSchema,
      readOnlyFields: MODEL_READ_ONLY_FIELDS,
      responses: { 200: modelVersionSchema, 201: modelVersionSchema, 202: operationSchema },
      handler: async ({ actor, params, body, precondition }) => {
        checkSameName('name', body.name, params.model);
        checkSameName('version', body.version, params.version);
        const command = { name: params.model, version: params.version, written: body, precondition };
        if (isRemotePath(body.path)) {
          const operation = await importUnlessThere(context, actor, command);
          if (operation !== null) return operation;
        }
        const { version, created } = await putModelVersion(context, actor, command);
        return {
          status: created ? 201 : 200,
          body: await describeModelVersion(context, version),
          ...(created && { headers: versionLocation(params.model, params.version) }),
        };
      },
    }),
  ];
}

/** Registers at once what is here; what lies elsewhere becomes an operation. */
async function register(context: Context, actor: Actor, command: ImportModelVersion): Promise<RouteAnswer> {
  if (isRemotePath(command.written.path)) {
    return accepted(await describeOperation(context, await context.imports.begin(actor, command)));
  }
  const made = await registerModelVersion(context, actor, command);
  return {
    status: 201,
    body: await describeModelVersion(context, made),
    headers: versionLocation(command.name, made.version),
  };
}

/** Null where the version is there from the same path, so that only the words about it change. */
async function importUnlessThere(
  context: Context,
  actor: Actor,
  command: PutModelVersion,
): Promise<RouteAnswer | null> {
  const { name, version, written } = command;
  if ((await findSameVersion(context.database, command)) !== null) return null;
  return register(context, actor, { name, version, written });
}

const modelWordsSchema = modelVersionPatchSchema.omit({ stage: true });
const modelWriteSchema = modelVersionWriteSchema.partial({ path: true });

function changeRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'PUT',
      path: '/models/{model}',
      auth: 'api',
      summary: 'Replace the words about a model, and register a version from a new path',
      tag: TAG,
      params: newModelParams,
      body: modelWriteSchema,
      readOnlyFields: MODEL_READ_ONLY_FIELDS,
      responses: { 200: modelSchema, 201: modelSchema, 202: operationSchema },
      handler: async ({ actor, params, body, precondition }) => {
        checkSameName('name', body.name, params.model);
        const { path, ...rest } = body;
        const version = path === undefined ? undefined : { ...rest, path };
        const command = { name: params.model, words: fillWords(body), version, precondition };
        if (version !== undefined && isRemotePath(version.path)) {
          const operation = await beginPutModel(context, actor, { ...command, version });
          if (operation !== null) return accepted(await describeOperation(context, operation));
        }
        const { model, created } = await putModel(context, actor, command);
        return { status: created ? 201 : 200, body: await describeModel(context, model) };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/models/{model}',
      auth: 'api',
      summary: 'Merge a JSON merge patch into the words about a model',
      tag: TAG,
      params: modelParams,
      body: z.record(z.string(), z.unknown()),
      readOnlyFields: [...MODEL_READ_ONLY_FIELDS, 'name', 'type'],
      responses: { 200: modelSchema },
      handler: async ({ actor, params, body, precondition }) => {
        const change = (words: ModelWords) =>
          fillWords(parseInput(modelWordsSchema, mergePatch(words, body), pointerOf));
        const model = await changeModel(context, actor, { name: params.model, change, precondition });
        return { status: 200, body: await describeModel(context, model) };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/models/{model}/versions/{version}',
      auth: 'api',
      summary: 'Merge a JSON merge patch into the words about a model version',
      tag: TAG,
      params: versionParams,
      body: z.record(z.string(), z.unknown()),
      readOnlyFields: MODEL_READ_ONLY_FIELDS,
      responses: { 200: modelVersionSchema },
      handler: async ({ actor, params, body, precondition }) => {
        const change = ({ stage, ...words }: VersionWords): VersionWords => {
          const base = stage === null ? words : { ...words, stage };
          const merged = parseInput(modelVersionPatchSchema, mergePatch(base, body), pointerOf);
          return { ...fillWords(merged), stage: merged.stage ?? null };
        };
        const command = { name: params.model, version: params.version, change, precondition };
        const version = await changeModelVersion(context, actor, command);
        return { status: 200, body: await describeModelVersion(context, version) };
      },
    }),
  ];
}

/** What is left out is empty. */
function fillWords(written: Pick<z.output<typeof modelWriteSchema>, keyof ModelWords>): ModelWords {
  return {
    description: written.description ?? '',
    tags: written.tags ?? {},
    properties: written.properties ?? {},
  };
}

function deleteRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/models/{model}',
      auth: 'api',
      summary: 'Delete a model with all its versions',
      tag: TAG,
      params: modelParams,
      responses: { 204: null },
      handler: async ({ actor, params, precondition }) => {
        await deleteModel(context, actor, { name: params.model, precondition });
        return { status: 204 };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/models/{model}/versions/{version}',
      auth: 'api',
      summary: 'Delete a model version that nothing uses',
      tag: TAG,
      params: versionParams,
      responses: { 204: null },
      handler: async ({ actor, params, precondition }) => {
        await deleteModelVersion(context, actor, { name: params.model, version: params.version, precondition });
        return { status: 204 };
      },
    }),
  ];
}
