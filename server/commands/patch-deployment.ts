import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import { mergePatch } from '#server/domain/merge-patch.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findDeploymentOrRefuse, findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { checkServerAddresses, maskHeaders } from './external-servers.ts';
import { authorizeWrite, type PutDeploymentOutcome, writeDeployment } from './put-deployment.ts';

export interface PatchDeployment {
  key: DeploymentKey;
  /** JSON merge patch, not checked yet. */
  patch: unknown;
  /** Checks the merged document. */
  parse: (merged: unknown) => DeploymentWrite;
  /** Registers an inline model of the merged document. */
  registerModel: (written: DeploymentWrite) => Promise<DeploymentWrite>;
  allTraffic: boolean;
  precondition: Precondition;
}

/** Merges a patch into what was written before, and writes the whole. */
export async function patchDeployment(
  context: Pick<CommandContext, 'database' | 'host' | 'externals'>,
  actor: Actor,
  command: PatchDeployment,
): Promise<PutDeploymentOutcome> {
  const { key, parse, precondition, allTraffic } = command;
  authorize(actor, 'deployment.write', deploymentPath(key.endpointName, key.name));
  const patch = await prepare(context, actor, command);
  return context.database.transact(async (transaction) => {
    await findLiveEndpointOrRefuse(transaction, key.endpointName);
    const current = await findDeploymentOrRefuse(transaction, key);
    checkPrecondition(precondition, current.revision);
    const written = parse(mergePatch(maskHeaders(current.written), patch));
    authorizeWrite(actor, key, written);
    return writeDeployment(transaction, context, actor, { key, written, allTraffic, current });
  });
}

/** What takes time is done outside of the transaction: addresses are looked up, and an inline model of the patch becomes a reference. */
async function prepare(
  { database, externals }: Pick<CommandContext, 'database' | 'externals'>,
  actor: Actor,
  { key, patch, parse, registerModel }: PatchDeployment,
): Promise<unknown> {
  const current = await findDeploymentOrRefuse(database, key);
  const merged = parse(mergePatch(maskHeaders(current.written), patch));
  authorizeWrite(actor, key, merged);
  await checkServerAddresses(externals, merged);
  if (typeof merged.model !== 'object') return patch;
  const { model } = await registerModel(merged);
  return mergePatch(patch, { model });
}
