import type { SplitDeployment } from '#components/traffic/use-split-draft.ts';
import type { Deployment } from '#lib/contracts/deployment.ts';

/** Deployments as the split shows them, in the order of their slots. */
export function splitRowsOf(deployments: readonly Deployment[]): SplitDeployment[] {
  return deployments
    .toSorted((a, b) => a.colour_slot - b.colour_slot)
    .map((deployment) => {
      const ready = deployment.ready_instances > 0;
      return {
        name: deployment.name,
        slot: deployment.colour_slot,
        ready,
        mirrorPercent: deployment.mirror_percent,
        reason: ready
          ? ''
          : (deployment.error?.title ??
            `It is ${deployment.provisioning_state.toLowerCase()}, with no ready instance.`),
      };
    });
}
