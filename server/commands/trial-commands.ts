import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { TrialRecord } from '#server/domain/trial.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { CheckContext } from './check-context.ts';
import { findModelOfDeployment } from './find-model-of-deployment.ts';
import { resolveSpec } from './put-deployment.ts';
import { registerInlineParts } from './register-inline-parts.ts';

/** Begins to try a deployment without making one. @throws AppError naming the field of the description that cannot be carried out */
export async function beginTrial(
  context: CheckContext,
  actor: Actor,
  { deployment, sample }: { deployment: DeploymentWrite; sample: unknown },
): Promise<TrialRecord> {
  authorize(actor, 'deployment.write', '/trials');
  const written = await registerInlineParts(context, actor, deployment);
  const spec = await resolveSpec(context.database, context, written);
  return context.trials.begin(spec, sample ?? (await findOwnSample(context, written)));
}

/** What came with the model; undefined without one. */
async function findOwnSample({ database }: CheckContext, { model }: DeploymentWrite): Promise<unknown> {
  const found = await findModelOfDeployment(database, model);
  return found?.detected.sample_request ?? undefined;
}

/** @throws AppError `trial.not_found` */
export function readTrial({ trials }: Pick<CheckContext, 'trials'>, actor: Actor, id: string): TrialRecord {
  authorize(actor, 'deployment.read', `/trials/${id}`);
  const trial = trials.find(id);
  if (trial !== null) return trial;
  throw new AppError('trial.not_found', `There is no trial "${id}". Trials are forgotten after an hour.`);
}

/** Ends a trial that is under way. @throws AppError `trial.not_found` */
export function cancelTrial(context: Pick<CheckContext, 'trials'>, actor: Actor, id: string): void {
  authorize(actor, 'deployment.write', `/trials/${id}`);
  context.trials.cancel(readTrial(context, actor, id).id);
}
