import { rotateSigningKeySchema, tokenSigningKeyListSchema } from '#lib/contracts/token-signing-key.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { rotateSigningKey } from '#server/commands/rotate-signing-key.ts';
import { listTokenSigningKeys } from '#server/queries/list-token-signing-keys.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

const TAG = 'Access';

export function signingKeyRoutes(context: CommandContext & QueryContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/token-signing-keys',
      auth: 'api',
      summary: 'List the keys that endpoint tokens are signed with, without their private halves',
      tag: TAG,
      responses: { 200: tokenSigningKeyListSchema },
      handler: async ({ actor }) => ({ status: 200, body: await listTokenSigningKeys(context, actor) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/token-signing-keys/rotate',
      auth: 'api',
      summary: 'Sign endpoint tokens with a new key from now on',
      tag: TAG,
      body: rotateSigningKeySchema.optional(),
      idempotent: true,
      responses: { 200: tokenSigningKeyListSchema },
      handler: async ({ actor, body }) => {
        await rotateSigningKey(context, actor, { revoke: body?.revoke_issued_tokens ?? false });
        return { status: 200, body: await listTokenSigningKeys(context, actor) };
      },
    }),
  ];
}
