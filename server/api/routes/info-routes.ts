import { healthSchema, infoSchema } from '#lib/contracts/info.ts';
import { getHealth, getInfo, type InfoContext } from '#server/queries/get-info.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

export function infoRoutes(context: InfoContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/health',
      auth: 'public',
      summary: 'Component states',
      tag: 'Installation',
      responses: { 200: healthSchema },
      handler: async () => ({ status: 200, body: await getHealth(context) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/info',
      auth: 'api',
      summary: 'Version, and what this host can run',
      tag: 'Installation',
      responses: { 200: infoSchema },
      handler: async ({ actor }) => ({ status: 200, body: await getInfo(context, actor) }),
    }),
  ];
}
