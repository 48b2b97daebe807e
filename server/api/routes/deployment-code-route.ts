import { deploymentCodeSchema } from '#lib/contracts/deployment-code.ts';
import { readDeploymentCode } from '#server/queries/read-deployment-code.ts';
import { deploymentParams } from '../path-params.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

/** The code of a deployment. */
export function deploymentCodeRoute(context: Parameters<typeof readDeploymentCode>[0]): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/endpoints/{endpoint}/deployments/{deployment}/code',
    auth: 'api',
    summary: 'Read the code of a deployment: its files, and the texts in them',
    tag: 'Deployments',
    params: deploymentParams,
    responses: { 200: deploymentCodeSchema },
    handler: async ({ actor, params }) => ({
      status: 200,
      body: await readDeploymentCode(context, actor, { endpointName: params.endpoint, name: params.deployment }),
    }),
  });
}
