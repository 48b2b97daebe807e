import { z } from 'zod';
import {
  endpointTokenSchema,
  invokeRequestSchema,
  invokeResponseSchema,
  keysSchema,
  regenerateKeySchema,
} from '#lib/contracts/endpoint.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { invokeEndpoint } from '#server/commands/invoke-endpoint.ts';
import { issueEndpointToken } from '#server/commands/issue-endpoint-token.ts';
import { readEndpointKeys } from '#server/commands/read-endpoint-keys.ts';
import { regenerateEndpointKey } from '#server/commands/regenerate-endpoint-key.ts';
import { endpointParams } from '../path-params.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

const TAG = 'Keys';

export function keyRoutes(context: CommandContext & { gatewayPort: number }): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/keys',
      auth: 'api',
      summary: 'Read the keys of an endpoint; written into the audit log',
      tag: TAG,
      params: endpointParams,
      responses: { 200: keysSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await readEndpointKeys(context, actor, params.endpoint),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/endpoints/{endpoint}/keys/regenerate',
      auth: 'api',
      summary: 'Replace a key; the old one works nowhere any more when this answers',
      tag: TAG,
      params: endpointParams,
      body: regenerateKeySchema,
      idempotent: true,
      responses: { 200: keysSchema },
      handler: async ({ actor, params, body }) => {
        const command = { name: params.endpoint, slot: body.key_type, value: body.key_value };
        return { status: 200, body: await regenerateEndpointKey(context, actor, command) };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/endpoints/{endpoint}/token',
      auth: 'api',
      summary: 'Issue a token for an endpoint that is called with tokens; written into the audit log',
      tag: TAG,
      params: endpointParams,
      body: z.strictObject({}).optional(),
      responses: { 200: endpointTokenSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await issueEndpointToken(context, actor, params.endpoint),
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/endpoints/{endpoint}/invoke',
      auth: 'api',
      summary: 'Send one request through the gateway',
      tag: TAG,
      params: endpointParams,
      body: invokeRequestSchema,
      responses: { 200: invokeResponseSchema },
      handler: async ({ actor, params, body, signal }) => ({
        status: 200,
        body: await invokeEndpoint(context, actor, { name: params.endpoint, request: body, signal }),
      }),
    }),
  ];
}
