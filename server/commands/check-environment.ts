import type { EnvironmentCheckResult } from '#lib/contracts/check.ts';
import type { EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import type { CheckContext } from './check-context.ts';
import { storeDefinition } from './store-definition.ts';

/** Whether packages can be had together on this host; nothing is installed. @throws AppError `request.invalid` naming the field */
export async function checkEnvironment(
  context: Pick<CheckContext, 'storedFiles' | 'openSource' | 'uploads' | 'checkPackages'>,
  actor: Actor,
  written: Pick<EnvironmentVersionWrite, 'conda_file' | 'pip_requirements'>,
): Promise<EnvironmentCheckResult> {
  authorize(actor, 'environment.write', '/environments');
  const { condaFile, pipRequirements } = await storeDefinition(context, written, '');
  const check = await context.checkPackages({ condaFile, pipRequirements });
  const nothing = { python_version: null, packages: [], warnings: [] };
  if (check.kind === 'resolved') {
    const { pythonVersion, packages, warnings } = check;
    return { ok: true, python_version: pythonVersion, packages, warnings, error: null };
  }
  const { code, detail, logTail } = check.failure;
  const error = new AppError(code, detail, { details: { log_tail: logTail } });
  const { request_id: _none, ...problem } = toProblem(error, '');
  return { ok: false, ...nothing, error: problem };
}
