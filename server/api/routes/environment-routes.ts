import { z } from 'zod';
import { logsSchema } from '#lib/contracts/deployment.ts';
import {
  ENVIRONMENT_READ_ONLY_FIELDS,
  environmentBuildRequestSchema,
  environmentListSchema,
  environmentRollRequestSchema,
  environmentRollSchema,
  environmentSchema,
  environmentVersionListSchema,
  environmentVersionSchema,
  environmentVersionWriteSchema,
} from '#lib/contracts/environment.ts';
import { assetNameSchema, assetVersionSchema } from '#lib/contracts/resource.ts';
import { buildEnvironment } from '#server/commands/build-environment.ts';
import { deleteEnvironment, deleteEnvironmentVersion } from '#server/commands/delete-environment.ts';
import type { EnvironmentContext } from '#server/commands/environment-context.ts';
import { registerEnvironmentVersion } from '#server/commands/register-environment-version.ts';
import { rollEnvironment } from '#server/commands/roll-environment.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import type { BuildLogLine } from '#server/domain/environment-build.ts';
import {
  describeEnvironmentVersion,
  type EnvironmentsContext,
  getEnvironment,
  getEnvironmentVersion,
  listEnvironments,
  listEnvironmentVersions,
} from '#server/queries/list-environments.ts';
import { followBuildLog, readBuildLogText } from '#server/queries/read-build-log.ts';
import { checkSameName } from '../check-same-name.ts';
import { openEventStream } from '../event-stream.ts';
import { pageQuerySchema, pageQueryShape } from '../page-query.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, ANSWERED, defineRoute } from '../route.ts';

type Context = EnvironmentContext & EnvironmentsContext & Pick<CommandContext, 'host' | 'externals'>;

const TAG = 'Environments';
const MAX_TAIL = 50_000;

const environmentParams = z.object({ environment: z.string() });
const versionParams = z.object({ environment: z.string(), version: z.string() });
const newVersionParams = z.object({ environment: assetNameSchema, version: assetVersionSchema });

const buildLogQuery = z.strictObject({
  runtime: z.enum(['process', 'docker']).optional(),
  tail: z.coerce.number().int().min(0).max(MAX_TAIL).default(500),
  follow: z.stringbool('must be "true" or "false"').default(false),
});

const versionLocation = (name: string, version: string) => ({
  location: `${API_PREFIX}/environments/${name}/versions/${version}`,
});

export function environmentRoutes(context: Context): AnyRoute[] {
  return [
    ...readRoutes(context),
    ...writeRoutes(context),
    ...buildRoutes(context),
    ...rollRoutes(context),
    ...deleteRoutes(context),
  ];
}

function readRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/environments',
      auth: 'api',
      summary: 'List environments by name',
      tag: TAG,
      query: z.strictObject({ ...pageQueryShape, name: z.string().optional() }),
      responses: { 200: environmentListSchema },
      handler: async ({ actor, query: { limit, cursor, ...filter } }) => ({
        status: 200,
        body: await listEnvironments(context, actor, filter, { limit, cursor }),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/environments/{environment}',
      auth: 'api',
      summary: 'Read an environment',
      tag: TAG,
      params: environmentParams,
      responses: { 200: environmentSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getEnvironment(context, actor, params.environment),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/environments/{environment}/versions',
      auth: 'api',
      summary: 'List the versions of an environment, newest first',
      tag: TAG,
      params: environmentParams,
      query: pageQuerySchema,
      responses: { 200: environmentVersionListSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listEnvironmentVersions(context, actor, params.environment, query),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/environments/{environment}/versions/{version}',
      auth: 'api',
      summary: 'Read an environment version with what became of its builds',
      tag: TAG,
      params: versionParams,
      responses: { 200: environmentVersionSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getEnvironmentVersion(context, actor, params.environment, params.version),
      }),
    }),
  ];
}

function writeRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/environments',
      auth: 'api',
      summary: 'Write a version of the environment that the body names',
      tag: TAG,
      body: environmentVersionWriteSchema.required({ name: true }),
      readOnlyFields: ENVIRONMENT_READ_ONLY_FIELDS,
      idempotent: true,
      responses: { 201: environmentVersionSchema },
      handler: async ({ actor, body }) => {
        const { name, version } = body;
        const made = await registerEnvironmentVersion(context, actor, { name, version, written: body });
        return {
          status: 201,
          body: await describeEnvironmentVersion(context, made.version),
          headers: versionLocation(name, made.version.version),
        };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/environments/{environment}/versions',
      auth: 'api',
      summary: 'Write the next version of an environment',
      tag: TAG,
      params: z.object({ environment: assetNameSchema }),
      body: environmentVersionWriteSchema,
      readOnlyFields: ENVIRONMENT_READ_ONLY_FIELDS,
      idempotent: true,
      responses: { 201: environmentVersionSchema },
      handler: async ({ actor, params: { environment: name }, body }) => {
        checkSameName('name', body.name, name);
        const made = await registerEnvironmentVersion(context, actor, { name, version: body.version, written: body });
        return {
          status: 201,
          body: await describeEnvironmentVersion(context, made.version),
          headers: versionLocation(name, made.version.version),
        };
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/environments/{environment}/versions/{version}',
      auth: 'api',
      summary: 'Write a version under a name of its own, or replace the words about it',
      tag: TAG,
      params: newVersionParams,
      body: environmentVersionWriteSchema,
      readOnlyFields: ENVIRONMENT_READ_ONLY_FIELDS,
      responses: { 200: environmentVersionSchema, 201: environmentVersionSchema },
      handler: async ({ actor, params: { environment: name, version: number }, body, precondition }) => {
        checkSameName('name', body.name, name);
        checkSameName('version', body.version, number);
        const command = { name, version: number, written: body, precondition };
        const { version, created } = await registerEnvironmentVersion(context, actor, command);
        return {
          status: created ? 201 : 200,
          body: await describeEnvironmentVersion(context, version),
          ...(created && { headers: versionLocation(name, number) }),
        };
      },
    }),
  ];
}

function buildRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/environments/{environment}/versions/{version}/build',
      auth: 'api',
      summary: 'Build an environment version before a deployment needs it, or build it anew',
      tag: TAG,
      params: versionParams,
      body: environmentBuildRequestSchema.optional(),
      idempotent: true,
      responses: { 202: environmentVersionSchema },
      handler: async ({ actor, params: { environment: name, version }, body }) => {
        const { runtime, rebuild = false } = body ?? {};
        const record = await buildEnvironment(context, actor, { name, version, runtime, rebuild });
        return { status: 202, body: await describeEnvironmentVersion(context, record) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/environments/{environment}/versions/{version}/logs',
      auth: 'api',
      summary: 'Log of a build, or with follow=true its lines as Server-Sent Events',
      tag: TAG,
      params: versionParams,
      query: buildLogQuery,
      responses: { 200: logsSchema },
      handler: async ({ actor, params: { environment: name, version }, query, raw, signal }) => {
        const { follow, ...rest } = query;
        const request = { name, version, ...rest };
        if (!follow) return { status: 200, body: { content: await readBuildLogText(context, actor, request) } };
        const resumed = raw.request.headers['last-event-id'];
        const after = typeof resumed === 'string' && resumed !== '' ? resumed : undefined;
        const stream = await followBuildLog(context, actor, { ...request, after });
        const events = openEventStream(raw.reply, signal);
        await stream(
          ({ cursor, at, text }: BuildLogLine) =>
            events.send({ id: cursor, name: 'line', data: { at, instance: 'build', stream: 'stdout', text } }),
          signal,
        );
        events.close();
        return ANSWERED;
      },
    }),
  ];
}

function rollRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/environments/{environment}/versions/{version}/roll',
      auth: 'api',
      summary: 'Update deployments that run an older build of an environment version to its newest',
      tag: TAG,
      params: versionParams,
      body: environmentRollRequestSchema.optional(),
      idempotent: true,
      responses: { 202: environmentRollSchema },
      handler: async ({ actor, params: { environment: name, version }, body }) => {
        const rolled = await rollEnvironment(context, actor, { name, version, deployments: body?.deployments ?? null });
        const items = rolled.map(({ deployment, operation }) => ({ deployment, operation_id: operation.id }));
        return { status: 202, body: { items } };
      },
    }),
  ];
}

function deleteRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/environments/{environment}',
      auth: 'api',
      summary: 'Delete an environment with all its versions',
      tag: TAG,
      params: environmentParams,
      responses: { 204: null },
      handler: async ({ actor, params }) => {
        await deleteEnvironment(context, actor, params.environment);
        return { status: 204 };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/environments/{environment}/versions/{version}',
      auth: 'api',
      summary: 'Delete an environment version that nothing uses',
      tag: TAG,
      params: versionParams,
      responses: { 204: null },
      handler: async ({ actor, params: { environment: name, version }, precondition }) => {
        await deleteEnvironmentVersion(context, actor, { name, version, precondition });
        return { status: 204 };
      },
    }),
  ];
}
