import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { InstanceExit } from '#server/drivers/runtime-driver.ts';
import { EXIT_BAD_DATA, EXIT_CONFIG } from '#server/kernel/exit-status.ts';
import { readyDeadlineSeconds } from './ready-deadline.ts';
import type { DeploymentFacts, InstanceFacts } from './deployment-facts.ts';
import type { Refusal } from './observe-endpoint.ts';

/** This many ends before it was ever ready are a program that does not run, not bad luck. */
const MAX_EXITS = 3;

/** Statuses of the launcher for a command that is not there or cannot be executed (POSIX): trying again changes nothing. */
const COMMAND_STATUSES: ReadonlySet<number> = new Set([126, 127]);

/** Statuses with which our own model servers say the same. Of a program of somebody else they may mean anything. */
const OWN_STATUSES: ReadonlySet<number> = new Set([EXIT_BAD_DATA, EXIT_CONFIG]);

/** What went wrong with a rollout, before anybody has looked into the logs. */
export type Failure =
  | ({ kind: 'refused' } & Refusal)
  | { kind: 'exit_loop'; instance: InstanceFacts }
  | { kind: 'never_ready'; instance: InstanceFacts; afterSeconds: number };

/**
 * Why a rollout that is under way cannot succeed; null while it still can. Only what happened since it began counts: an instance of the same
 * spec may have had bad days before.
 */
export function findFailure(facts: DeploymentFacts, nowMs: number): Failure | null {
  const { good, current, operation } = facts;
  if (good || operation === null) return null;
  if (facts.environment.kind === 'failed') return { kind: 'refused', ...facts.environment.failure };
  for (const instance of current) {
    if (instance.ready) continue;
    const failure = failureOf(instance, operation.createdAt, nowMs);
    if (failure !== null) return failure;
  }
  return null;
}

function failureOf(instance: InstanceFacts, sinceMs: number, nowMs: number): Failure | null {
  const { actual, refusal } = instance;
  if (refusal !== null) return { kind: 'refused', ...refusal };
  if (actual === null) return null;
  const { lastExit } = actual;
  if (lastExit !== null && Date.parse(lastExit.at) >= sinceMs) {
    const final = isFinal(lastExit, instance.row.spec);
    if (final || actual.restarts >= MAX_EXITS) return { kind: 'exit_loop', instance };
  }
  const afterSeconds = readyDeadlineSeconds(instance.row.spec.readiness);
  // What was built before the instance was made took its own time.
  const late = nowMs >= Math.max(sinceMs, instance.row.createdAt) + afterSeconds * 1000;
  return actual.state === 'unready' && late ? { kind: 'never_ready', instance, afterSeconds } : null;
}

/** Our Python server ends with it, as the original does, when a scoring script does not load. */
const SCRIPT_STATUS = 3;

const isScriptFailure = (code: number, kind: DeploymentSpec['kind']): boolean =>
  kind === 'scoring_script' && code === SCRIPT_STATUS;

/** Whether another start would end in the same way. */
function isFinal({ code }: InstanceExit, { command, kind }: DeploymentSpec): boolean {
  if (code === null) return false;
  const isOurs = command === null && kind !== 'container';
  return COMMAND_STATUSES.has(code) || (isOurs && (OWN_STATUSES.has(code) || isScriptFailure(code, kind)));
}
