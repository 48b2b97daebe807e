import { z } from 'zod';
import {
  REGISTRY_READ_ONLY_FIELDS,
  registryHostSchema,
  registryListSchema,
  registrySchema,
  registryTestSchema,
  registryWriteSchema,
} from '#lib/contracts/registry.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { deleteRegistry } from '#server/commands/delete-registry.ts';
import { putRegistry } from '#server/commands/put-registry.ts';
import { testRegistry } from '#server/commands/test-registry.ts';
import type { RegistryProbe } from '#server/domain/registry.ts';
import { getRegistry, listRegistries, presentRegistry } from '#server/queries/list-registries.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { checkSameName } from '../check-same-name.ts';
import { pageQuerySchema } from '../page-query.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

const TAG = 'Registries';
const hostParams = z.object({ host: registryHostSchema });

/** Credentials of container registries. No answer holds a password. */
export function registryRoutes(context: CommandContext & QueryContext & { registryProbe: RegistryProbe }): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/registries',
      auth: 'api',
      summary: 'List the container registries that credentials are stored for, by host',
      tag: TAG,
      query: pageQuerySchema,
      responses: { 200: registryListSchema },
      handler: async ({ actor, query }) => ({ status: 200, body: await listRegistries(context, actor, query) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/registries/{host}',
      auth: 'api',
      summary: 'Read what is stored for a registry, without the password',
      tag: TAG,
      params: hostParams,
      responses: { 200: registrySchema },
      handler: async ({ actor, params }) => ({ status: 200, body: await getRegistry(context, actor, params.host) }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/registries/{host}',
      auth: 'api',
      summary: 'Store credentials for a registry; without a password the stored one stays',
      tag: TAG,
      params: hostParams,
      body: registryWriteSchema,
      readOnlyFields: REGISTRY_READ_ONLY_FIELDS,
      responses: { 200: registrySchema, 201: registrySchema },
      handler: async ({ actor, params, body, precondition }) => {
        checkSameName('host', body.host, params.host);
        const command = { host: params.host, written: body, precondition };
        const { registry, created } = await putRegistry(context, actor, command);
        return {
          status: created ? 201 : 200,
          body: presentRegistry(registry),
          ...(created && { headers: { location: `${API_PREFIX}/registries/${registry.host}` } }),
        };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/registries/{host}',
      auth: 'api',
      summary: 'Forget the credentials of a registry',
      tag: TAG,
      params: hostParams,
      responses: { 204: null },
      handler: async ({ actor, params, precondition }) => {
        await deleteRegistry(context, actor, { host: params.host, precondition });
        return { status: 204 };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/registries/{host}/test',
      auth: 'api',
      summary: 'Sign in at a registry with the stored credentials',
      tag: TAG,
      params: hostParams,
      responses: { 200: registryTestSchema },
      handler: async ({ actor, params }) => ({ status: 200, body: await testRegistry(context, actor, params.host) }),
    }),
  ];
}
