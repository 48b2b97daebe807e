import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { SplitBar, type SplitBarProps, type SplitShare } from '#components/ui/split-bar.tsx';

/** An endpoint's deployments with their live shares, in slot order, as the split bar and the slider draw them. */
export function sharesOf(endpoint: Pick<Endpoint, 'deployments' | 'traffic'>): SplitShare[] {
  return endpoint.deployments
    .map(({ name, colour_slot: slot }) => ({ name, slot, share: endpoint.traffic[name] ?? 0 }))
    .toSorted((a, b) => a.slot - b.slot);
}

export function EndpointSplit({
  endpoint,
  ...props
}: { endpoint: Pick<Endpoint, 'deployments' | 'traffic'> } & Omit<SplitBarProps, 'shares'>) {
  return <SplitBar {...props} shares={sharesOf(endpoint)} />;
}

/** Instances of all deployments: ready and wanted. */
export function instancesOf(endpoint: Pick<Endpoint, 'deployments'>): { ready: number; wanted: number } {
  return endpoint.deployments.reduce(
    (sum, one) => ({ ready: sum.ready + one.ready_instances, wanted: sum.wanted + one.instance_count }),
    { ready: 0, wanted: 0 },
  );
}
