import { z } from 'zod';
import {
  activityListSchema,
  ENDPOINT_READ_ONLY_FIELDS,
  ENDPOINT_STATES,
  endpointListSchema,
  endpointSchema,
  endpointWriteSchema,
  PROVISIONING_STATES,
} from '#lib/contracts/endpoint.ts';
import { operationSchema } from '#lib/contracts/operation.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { deleteEndpoint } from '#server/commands/delete-endpoint.ts';
import { patchEndpoint, putEndpoint } from '#server/commands/put-endpoint.ts';
import { describeEndpoint } from '#server/queries/describe-endpoint.ts';
import { describeOperation } from '#server/queries/describe-operation.ts';
import { getEndpoint } from '#server/queries/get-endpoint.ts';
import { listActivities } from '#server/queries/list-activities.ts';
import { listEndpoints } from '#server/queries/list-endpoints.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { accepted } from '../accepted.ts';
import { checkSameName } from '../check-same-name.ts';
import { pageQuerySchema, pageQueryShape } from '../page-query.ts';
import { parseInput, pointerOf } from '../parse-input.ts';
import { endpointParams, newEndpointParams } from '../path-params.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

type Context = CommandContext & QueryContext;

const TAG = 'Endpoints';
const filterQuery = z.strictObject({
  ...pageQueryShape,
  name: z.string().optional(),
  tag: z.string().min(1).optional(),
  state: z.enum([...ENDPOINT_STATES, ...PROVISIONING_STATES]).optional(),
});

export function endpointRoutes(context: Context): AnyRoute[] {
  return [...readRoutes(context), ...writeRoutes(context), ...activityRoutes(context)];
}

function readRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/endpoints',
      auth: 'api',
      summary: 'List endpoints by name',
      tag: TAG,
      query: filterQuery,
      responses: { 200: endpointListSchema },
      handler: async ({ actor, query }) => {
        const { limit, cursor, ...filter } = query;
        return { status: 200, body: await listEndpoints(context, actor, filter, { limit, cursor }) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}',
      auth: 'api',
      summary: 'Read an endpoint',
      tag: TAG,
      params: endpointParams,
      responses: { 200: endpointSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getEndpoint(context, actor, params.endpoint),
      }),
    }),
  ];
}

function writeRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'PUT',
      path: '/endpoints/{endpoint}',
      auth: 'api',
      summary: 'Create an endpoint, which needs no body, or replace its settings',
      tag: TAG,
      params: newEndpointParams,
      body: endpointWriteSchema.optional(),
      readOnlyFields: ENDPOINT_READ_ONLY_FIELDS,
      responses: { 200: endpointSchema, 201: endpointSchema },
      handler: async ({ actor, params, body, precondition }) => {
        checkSameName('name', body?.name, params.endpoint);
        const command = { name: params.endpoint, written: body, precondition };
        const { endpoint, created } = await putEndpoint(context, actor, command);
        return {
          status: created ? 201 : 200,
          body: await describeEndpoint(context, endpoint),
          ...(created && { headers: { location: `${API_PREFIX}/endpoints/${endpoint.name}` } }),
        };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/endpoints/{endpoint}',
      auth: 'api',
      summary: 'Merge a JSON merge patch into an endpoint',
      tag: TAG,
      params: endpointParams,
      body: z.record(z.string(), z.unknown()),
      readOnlyFields: ENDPOINT_READ_ONLY_FIELDS,
      responses: { 200: endpointSchema },
      handler: async ({ actor, params, body, precondition }) => {
        const parse = (merged: unknown) => {
          const written = parseInput(endpointWriteSchema, merged, pointerOf);
          checkSameName('name', written.name, params.endpoint);
          return written;
        };
        const command = { name: params.endpoint, patch: body, parse, precondition };
        return { status: 200, body: await describeEndpoint(context, await patchEndpoint(context, actor, command)) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/endpoints/{endpoint}',
      auth: 'api',
      summary: 'Delete an endpoint and its deployments',
      tag: TAG,
      params: endpointParams,
      responses: { 202: operationSchema },
      handler: async ({ actor, params, precondition }) => {
        const operation = await deleteEndpoint(context, actor, { name: params.endpoint, precondition });
        return accepted(await describeOperation(context, operation));
      },
    }),
  ];
}

function activityRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/activity',
      auth: 'api',
      summary: 'What happened to an endpoint, newest first',
      tag: TAG,
      params: endpointParams,
      query: pageQuerySchema,
      responses: { 200: activityListSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listActivities(context, actor, params.endpoint, query),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/activity',
      auth: 'api',
      summary: 'What happened to all endpoints, newest first',
      tag: TAG,
      query: pageQuerySchema,
      responses: { 200: activityListSchema },
      handler: async ({ actor, query }) => ({
        status: 200,
        body: await listActivities(context, actor, undefined, query),
      }),
    }),
  ];
}
