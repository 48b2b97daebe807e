import { serverTrialListSchema, serverTrialWriteSchema } from '#lib/contracts/external-server.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { tryExternalServers } from '#server/commands/try-external-servers.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

export function externalServerRoutes(context: CommandContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/external-servers/try',
      auth: 'api',
      summary: 'Ask servers that run elsewhere for their health, without making anything',
      tag: 'Deployments',
      body: serverTrialWriteSchema,
      responses: { 200: serverTrialListSchema },
      handler: async ({ actor, body }) => {
        const { endpoint_name: endpointName, deployment_name: name, ...external } = body;
        const key = endpointName === undefined || name === undefined ? null : { endpointName, name };
        return { status: 200, body: { items: await tryExternalServers(context, actor, { external, key }) } };
      },
    }),
  ];
}
