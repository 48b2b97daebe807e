import { z } from 'zod';
import {
  environmentCheckResultSchema,
  environmentCheckSchema,
  scriptCheckResultSchema,
  scriptCheckSchema,
  trialSchema,
  trialWriteSchema,
} from '#lib/contracts/check.ts';
import type { CheckContext } from '#server/commands/check-context.ts';
import { checkEnvironment } from '#server/commands/check-environment.ts';
import { checkScoringScript } from '#server/commands/check-scoring-script.ts';
import { beginTrial, cancelTrial, readTrial } from '#server/commands/trial-commands.ts';
import { presentTrial } from '#server/domain/present-trial.ts';
import { API_PREFIX } from '../register-route.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

const TAG = 'Checks';
const trialParams = z.object({ trial: z.string() });

/** What can be known before anything is deployed. */
export function checkRoutes(context: CheckContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/environments/check',
      auth: 'api',
      summary: 'Say whether packages can be had together, without installing them',
      tag: TAG,
      body: environmentCheckSchema,
      responses: { 200: environmentCheckResultSchema },
      handler: async ({ actor, body }) => ({ status: 200, body: await checkEnvironment(context, actor, body) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/scoring-scripts/check',
      auth: 'api',
      summary: 'Compile a scoring script and look for init() and run(), without running it',
      tag: TAG,
      body: scriptCheckSchema,
      responses: { 200: scriptCheckResultSchema },
      handler: async ({ actor, body }) => ({ status: 200, body: await checkScoringScript(context, actor, body) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/trials',
      auth: 'api',
      summary: 'Load a model in its real environment and score one request, without deploying it',
      tag: TAG,
      body: trialWriteSchema,
      responses: { 202: trialSchema },
      handler: async ({ actor, body: { deployment, sample } }) => {
        const trial = await beginTrial(context, actor, { deployment, sample });
        return {
          status: 202,
          body: presentTrial(trial),
          headers: { location: `${API_PREFIX}/trials/${trial.id}` },
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/trials/{trial}',
      auth: 'api',
      summary: 'Read how a trial goes',
      tag: TAG,
      params: trialParams,
      responses: { 200: trialSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: presentTrial(readTrial(context, actor, params.trial)),
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/trials/{trial}',
      auth: 'api',
      summary: 'End a trial that is under way',
      tag: TAG,
      params: trialParams,
      responses: { 204: null },
      handler: async ({ actor, params }) => {
        cancelTrial(context, actor, params.trial);
        return { status: 204 };
      },
    }),
  ];
}
