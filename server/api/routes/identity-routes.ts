import { z } from 'zod';
import {
  apiKeyCreatedSchema,
  apiKeyListSchema,
  apiKeyWriteSchema,
  auditListSchema,
  setupStateSchema,
  setupWriteSchema,
  signInResultSchema,
  signInSchema,
  userSchema,
} from '#lib/contracts/identity.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { type SetupCode, setUpInstallation } from '#server/commands/set-up-installation.ts';
import { createApiKey } from '#server/commands/create-api-key.ts';
import { revokeApiKey } from '#server/commands/revoke-api-key.ts';
import { signIn } from '#server/commands/sign-in.ts';
import { getSetupState } from '#server/queries/get-setup-state.ts';
import { listApiKeys } from '#server/queries/list-api-keys.ts';
import { listAudit } from '#server/queries/list-audit.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { pageQuerySchema, pageQueryShape } from '../page-query.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

export interface IdentityRoutesContext extends QueryContext, Pick<CommandContext, 'database'> {
  setupCode: SetupCode;
}

const idParams = z.object({ id: z.string() });
const auditQuery = z.strictObject({ ...pageQueryShape, object: z.string().optional(), action: z.string().optional() });

export function identityRoutes(context: IdentityRoutesContext): AnyRoute[] {
  return [...apiKeyRoutes(context), auditRoute(context), ...studioRoutes(context)];
}

function apiKeyRoutes(context: IdentityRoutesContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api-keys',
      auth: 'api',
      summary: 'List API keys without their values',
      tag: 'Access',
      query: pageQuerySchema,
      responses: { 200: apiKeyListSchema },
      handler: async ({ actor, query }) => ({ status: 200, body: await listApiKeys(context, actor, query) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api-keys',
      auth: 'api',
      summary: 'Create an API key; the only answer that holds its value',
      tag: 'Access',
      body: apiKeyWriteSchema,
      idempotent: true,
      responses: { 201: apiKeyCreatedSchema },
      handler: async ({ actor, body }) => {
        const made = await createApiKey(context, actor, { name: body.name, expiresAt: body.expires_at ?? null });
        return { status: 201, body: made, headers: { location: `/api/v1/api-keys/${made.id}` } };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api-keys/{id}',
      auth: 'api',
      summary: 'Revoke an API key at once',
      tag: 'Access',
      params: idParams,
      responses: { 204: null },
      handler: async ({ actor, params }) => {
        await revokeApiKey(context, actor, params.id);
        return { status: 204 };
      },
    }),
  ];
}

function auditRoute(context: IdentityRoutesContext): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/audit',
    auth: 'api',
    summary: 'Who changed what, newest first',
    tag: 'Access',
    query: auditQuery,
    responses: { 200: auditListSchema },
    handler: async ({ actor, query }) => {
      const { cursor, limit, ...filter } = query;
      return { status: 200, body: await listAudit(context, actor, filter, { limit, cursor }) };
    },
  });
}

/** What only the studio asks, before anybody is signed in. */
function studioRoutes(context: IdentityRoutesContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/internal/setup-state',
      auth: 'studio',
      summary: 'Whether the first administrator is missing',
      tag: 'Studio',
      responses: { 200: setupStateSchema },
      handler: async () => ({ status: 200, body: await getSetupState(context) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/internal/setup',
      auth: 'studio',
      summary: 'Make the first administrator with the one-time code',
      tag: 'Studio',
      body: setupWriteSchema,
      responses: { 201: userSchema },
      handler: async ({ body }) => {
        return { status: 201, body: await setUpInstallation(context, body) };
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/internal/sign-in',
      auth: 'studio',
      summary: 'Check e-mail and password',
      tag: 'Studio',
      body: signInSchema,
      responses: { 200: signInResultSchema },
      handler: async ({ body }) => {
        return { status: 200, body: { user: await signIn(context, body) } };
      },
    }),
  ];
}
