import type { Status } from '#components/ui/chip.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';

/** What a deployment does now, as a word: serving beats the outcome of its last change. */
export function statusOfDeployment(deployment: Deployment): { status: Status; word?: string } {
  const { provisioning_state: state, ready_instances: ready, instance_count: wanted } = deployment;
  if (state === 'Deleting') return { status: 'deleting' };
  if (state === 'Failed') return { status: 'failed' };
  if (state === 'Creating') return { status: 'creating' };
  if (state === 'Updating' || state === 'Scaling') return { status: 'updating', word: state };
  if (wanted === 0) return { status: 'scaled_to_zero' };
  if (ready === 0) return { status: 'failed', word: 'Not ready' };
  return ready < wanted ? { status: 'degraded' } : { status: 'healthy' };
}
