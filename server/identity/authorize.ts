import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';

/** Everything that somebody may want to do: `<object>.<verb>`, as the audit log names it. */
export const ACTIONS = [
  'endpoint.read',
  'endpoint.write',
  'endpoint.delete',
  'endpoint.invoke',
  'endpoint.read_keys',
  'endpoint.regenerate_key',
  'endpoint.issue_token',
  'traffic.write',
  'deployment.read',
  'deployment.write',
  'deployment.run_command',
  'deployment.use_external',
  'deployment.restart',
  'deployment.delete',
  'logs.read',
  'operation.read',
  'operation.cancel',
  'model.read',
  'model.write',
  'model.delete',
  'environment.read',
  'environment.write',
  'environment.delete',
  'registry.read',
  'registry.write',
  'registry.delete',
  'upload.read',
  'upload.write',
  'upload.delete',
  'instance_type.read',
  'instance_type.write',
  'instance_type.delete',
  'metrics.read',
  'comparison.read',
  'costs.read',
  'events.read',
  'info.read',
  'tls.read',
  'api_key.read',
  'api_key.create',
  'api_key.delete',
  'signing_key.read',
  'signing_key.rotate',
  'audit.read',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What each role may do. Deny is the default: an action that is not listed is refused. */
const ALLOWED: Readonly<Record<Actor['role'], ReadonlySet<Action>>> = {
  administrator: new Set(ACTIONS),
};

/**
 * The one place that decides who may do what. Every command and query calls it first.
 * @throws AppError `auth.forbidden`
 */
export function authorize(actor: Actor, action: Action, object: string): void {
  if (ALLOWED[actor.role]?.has(action)) return;
  throw new AppError('auth.forbidden', `${actor.name} may not do "${action}" on ${object}.`);
}
