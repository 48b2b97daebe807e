import { z } from 'zod';
import {
  DEPLOYMENT_READ_ONLY_FIELDS,
  deploymentListSchema,
  deploymentSchema,
  type DeploymentWrite,
  deploymentWriteSchema,
  instanceListSchema,
} from '#lib/contracts/deployment.ts';
import { operationSchema } from '#lib/contracts/operation.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { deleteDeployment } from '#server/commands/delete-deployment.ts';
import { patchDeployment } from '#server/commands/patch-deployment.ts';
import { putDeployment, type PutDeploymentOutcome } from '#server/commands/put-deployment.ts';
import { type InlinePartsContext, registerInlineParts } from '#server/commands/register-inline-parts.ts';
import { restartDeployment } from '#server/commands/restart-deployment.ts';
import { restartInstance } from '#server/commands/restart-instance.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import type { InstanceUseSource } from '#server/domain/ports.ts';
import { describeOperation } from '#server/queries/describe-operation.ts';
import { getDeployment } from '#server/queries/get-deployment.ts';
import { listDeployments } from '#server/queries/list-deployments.ts';
import { listInstances } from '#server/queries/list-instances.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { accepted } from '../accepted.ts';
import { checkSameName } from '../check-same-name.ts';
import { pageQuerySchema } from '../page-query.ts';
import { parseInput, pointerOf } from '../parse-input.ts';
import { deploymentParams, endpointParams, newDeploymentParams } from '../path-params.ts';
import { formatEtag } from '../preconditions.ts';
import { type AnyRoute, defineRoute, type RouteAnswer } from '../route.ts';

type Context = CommandContext & QueryContext & InlinePartsContext & { instanceUse: InstanceUseSource };

const TAG = 'Deployments';
const writeQuery = z.strictObject({
  /** Take all live traffic once ready. */
  all_traffic: z.stringbool('must be "true" or "false"').default(false),
});

const keyOf = (params: { endpoint: string; deployment: string }): DeploymentKey => ({
  endpointName: params.endpoint,
  name: params.deployment,
});

export function deploymentRoutes(context: Context): AnyRoute[] {
  return [...readRoutes(context), putRoute(context), patchRoute(context), ...actionRoutes(context)];
}

function readRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/deployments',
      auth: 'api',
      summary: 'List the deployments of an endpoint, oldest first',
      tag: TAG,
      params: endpointParams,
      query: pageQuerySchema,
      responses: { 200: deploymentListSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listDeployments(context, actor, params.endpoint, query),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/deployments/{deployment}',
      auth: 'api',
      summary: 'Read a deployment',
      tag: TAG,
      params: deploymentParams,
      responses: { 200: deploymentSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getDeployment(context, actor, keyOf(params)),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/deployments/{deployment}/instances',
      auth: 'api',
      summary: 'List the instances of a deployment, oldest first',
      tag: TAG,
      params: deploymentParams,
      query: pageQuerySchema,
      responses: { 200: instanceListSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listInstances(context, actor, keyOf(params), query),
      }),
    }),
  ];
}

function putRoute(context: Context): AnyRoute {
  return defineRoute({
    method: 'PUT',
    path: '/endpoints/{endpoint}/deployments/{deployment}',
    auth: 'api',
    summary: 'Create or replace a deployment',
    tag: TAG,
    params: newDeploymentParams,
    query: writeQuery,
    body: deploymentWriteSchema,
    readOnlyFields: DEPLOYMENT_READ_ONLY_FIELDS,
    responses: { 202: operationSchema },
    handler: async ({ actor, params, query, body, precondition }) => {
      checkNames(body, params);
      const written = await registerInlineParts(context, actor, body);
      const allTraffic = query.all_traffic;
      const command = { key: keyOf(params), written, allTraffic, precondition };
      return answer(context, await putDeployment(context, actor, command));
    },
  });
}

function patchRoute(context: Context): AnyRoute {
  return defineRoute({
    method: 'PATCH',
    path: '/endpoints/{endpoint}/deployments/{deployment}',
    auth: 'api',
    summary: 'Merge a JSON merge patch into a deployment',
    tag: TAG,
    params: deploymentParams,
    query: writeQuery,
    body: z.record(z.string(), z.unknown()),
    readOnlyFields: DEPLOYMENT_READ_ONLY_FIELDS,
    responses: { 202: operationSchema },
    handler: async ({ actor, params, query, body, precondition }) => {
      const outcome = await patchDeployment(context, actor, {
        key: keyOf(params),
        patch: body,
        parse(merged) {
          const written = parseInput(deploymentWriteSchema, merged, pointerOf);
          checkNames(written, params);
          return written;
        },
        registerParts: (written) => registerInlineParts(context, actor, written),
        allTraffic: query.all_traffic,
        precondition,
      });
      return answer(context, outcome);
    },
  });
}

function actionRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/endpoints/{endpoint}/deployments/{deployment}',
      auth: 'api',
      summary: 'Delete a deployment that takes no traffic',
      tag: TAG,
      params: deploymentParams,
      responses: { 202: operationSchema },
      handler: async ({ actor, params, precondition }) => {
        const operation = await deleteDeployment(context, actor, { key: keyOf(params), precondition });
        return accepted(await describeOperation(context, operation));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/endpoints/{endpoint}/deployments/{deployment}/restart',
      auth: 'api',
      summary: 'Replace every instance, new ones first',
      tag: TAG,
      params: deploymentParams,
      query: writeQuery,
      body: z.strictObject({}).optional(),
      idempotent: true,
      responses: { 202: operationSchema },
      handler: async ({ actor, params, query }) => {
        const operation = await restartDeployment(context, actor, keyOf(params), query.all_traffic);
        return accepted(await describeOperation(context, operation));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/endpoints/{endpoint}/deployments/{deployment}/instances/{instance}/restart',
      auth: 'api',
      summary: 'Replace one instance, the new one first',
      tag: TAG,
      params: deploymentParams.extend({ instance: z.string() }),
      body: z.strictObject({}).optional(),
      idempotent: true,
      responses: { 202: operationSchema },
      handler: async ({ actor, params }) => {
        const restart = { key: keyOf(params), instanceId: params.instance };
        return accepted(await describeOperation(context, await restartInstance(context, actor, restart)));
      },
    }),
  ];
}

function checkNames(written: DeploymentWrite, params: { endpoint: string; deployment: string }): void {
  checkSameName('name', written.name, params.deployment);
  checkSameName('endpoint_name', written.endpoint_name, params.endpoint);
}

async function answer(context: Context, { deployment, operation }: PutDeploymentOutcome): Promise<RouteAnswer> {
  const shown = await describeOperation(context, operation);
  return accepted(shown, { etag: formatEtag(deployment.revision) });
}
