import { z } from 'zod';
import {
  INSTANCE_TYPE_READ_ONLY_FIELDS,
  instanceTypeListSchema,
  instanceTypeNameSchema,
  instanceTypeSchema,
  instanceTypeWriteSchema,
} from '#lib/contracts/instance-type.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { deleteInstanceType } from '#server/commands/delete-instance-type.ts';
import { putInstanceType } from '#server/commands/put-instance-type.ts';
import { describeInstanceType, getInstanceType, listInstanceTypes } from '#server/queries/list-instance-types.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { checkSameName } from '../check-same-name.ts';
import { pageQuerySchema } from '../page-query.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

const TAG = 'Instance types';
const nameParams = z.object({ name: z.string() });

export function instanceTypeRoutes(context: CommandContext & QueryContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/instance-types',
      auth: 'api',
      summary: 'List instance types by name, with prices and whether they fit this host',
      tag: TAG,
      query: pageQuerySchema,
      responses: { 200: instanceTypeListSchema },
      handler: async ({ actor, query }) => ({ status: 200, body: await listInstanceTypes(context, actor, query) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/instance-types/{name}',
      auth: 'api',
      summary: 'Read an instance type',
      tag: TAG,
      params: nameParams,
      responses: { 200: instanceTypeSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getInstanceType(context, actor, params.name),
      }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/instance-types/{name}',
      auth: 'api',
      summary: 'Create or replace an instance type; a new price is in force from now on',
      tag: TAG,
      params: z.object({ name: instanceTypeNameSchema }),
      body: instanceTypeWriteSchema,
      readOnlyFields: INSTANCE_TYPE_READ_ONLY_FIELDS,
      responses: { 200: instanceTypeSchema, 201: instanceTypeSchema },
      handler: async ({ actor, params, body, precondition }) => {
        checkSameName('name', body.name, params.name);
        const command = { name: params.name, written: body, precondition };
        const { instanceType, created } = await putInstanceType(context, actor, command);
        return {
          status: created ? 201 : 200,
          body: await describeInstanceType(context, instanceType),
          ...(created && { headers: { location: `${API_PREFIX}/instance-types/${instanceType.name}` } }),
        };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/instance-types/{name}',
      auth: 'api',
      summary: 'Delete an instance type that no deployment uses',
      tag: TAG,
      params: nameParams,
      responses: { 204: null },
      handler: async ({ actor, params, precondition }) => {
        await deleteInstanceType(context, actor, { name: params.name, precondition });
        return { status: 204 };
      },
    }),
  ];
}
