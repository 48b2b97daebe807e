'use client';

import { useQuery } from '@tanstack/react-query';
import { Ellipsis, Percent, Plus, Settings, SlidersHorizontal } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { EndpointSplit, sharesOf } from '#components/endpoints/endpoint-split.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { totalOf, useMeasuredShares } from '#components/traffic/use-measured-shares.ts';
import { RollBackButton } from './roll-back-button.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Menu } from '#components/ui/menu.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import { SplitBar } from '#components/ui/split-bar.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { MIN_SAMPLE } from '#lib/traffic/compare-shares.ts';
import { EndpointReadouts } from './endpoint-readouts.tsx';

/** What every tab of an endpoint shows first: is it healthy, who gets which share, what does it cost. */
export function EndpointHeader({ name }: { name: string }) {
  const { data: endpoint, error, refetch, isFetching } = useQuery(endpointQuery(name));
  const base = `/endpoints/${encodeURIComponent(name)}`;
  const tabs = tabsOf(base);
  useTabShortcuts(tabs.map(({ href }) => href));
  return (
    <header className="-mx-6 border-b border-line px-6 max-lg:-mx-4 max-lg:px-4">
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
        <h1>{name}</h1>
        {endpoint ? <StatusChip status={endpoint.state} /> : null}
        {endpoint ? <ScoringAddress uri={endpoint.scoring_uri} /> : null}
        <div className="ms-auto flex flex-wrap items-center gap-2 max-md:contents">
          <div className="min-w-0 max-md:order-3 max-md:w-full">
            <RollBackButton endpoint={name} />
          </div>
          <ButtonLink
            href={`${base}/deployments/new`}
            icon={<Plus size={16} aria-hidden="true" />}
            className="max-md:hidden"
          >
            New deployment
          </ButtonLink>
          <div className="max-md:order-1 max-md:ms-auto">
            <EndpointMenu base={base} />
          </div>
        </div>
      </div>
      {endpoint && endpoint.state !== 'healthy' && endpoint.state_reason !== '' ? (
        <p className="mt-1 text-xs text-muted">{endpoint.state_reason}</p>
      ) : null}
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title={`The endpoint ${name} could not be read`}
          onRetry={() => void refetch()}
          isRetrying={isFetching}
          className="mt-3"
        />
      ) : null}
      <div className="mt-3.5 mb-3.5 flex min-h-10 flex-wrap items-center gap-x-6 gap-y-3">
        {endpoint ? <HeaderSplit endpoint={endpoint} /> : <HeaderSkeleton />}
        {endpoint ? <EndpointReadouts endpoint={endpoint} /> : null}
      </div>
      <TabLinks label="Endpoint" tabs={tabs} />
    </header>
  );
}

function tabsOf(base: string) {
  return [
    { href: base, label: 'Details' },
    { href: `${base}/test`, label: 'Test' },
    { href: `${base}/consume`, label: 'Consume' },
    { href: `${base}/monitoring`, label: 'Monitoring' },
    { href: `${base}/logs`, label: 'Logs' },
    { href: `${base}/cost`, label: 'Cost' },
    { href: `${base}/settings`, label: 'Settings' },
  ];
}

/** `1` to `7` open the tabs in their order. */
function useTabShortcuts(hrefs: readonly string[]): void {
  const router = useRouter();
  useShortcuts(
    hrefs.map((href, index) => ({
      keys: String(index + 1),
      label: `Tab ${index + 1}`,
      group: 'Endpoint',
      run: () => router.push(href),
    })),
  );
}

function EndpointMenu({ base }: { base: string }) {
  return (
    <Menu
      label="More about this endpoint"
      groups={[
        {
          id: 'do',
          entries: [
            {
              id: 'new',
              label: 'New deployment',
              icon: <Plus size={16} aria-hidden="true" />,
              href: `${base}/deployments/new`,
            },
            {
              id: 'split',
              label: 'Edit the split',
              icon: <Percent size={16} aria-hidden="true" />,
              href: `${base}#traffic`,
            },
            {
              id: 'test',
              label: 'Send a request',
              icon: <SlidersHorizontal size={16} aria-hidden="true" />,
              href: `${base}/test`,
            },
            {
              id: 'settings',
              label: 'Settings',
              icon: <Settings size={16} aria-hidden="true" />,
              href: `${base}/settings`,
            },
          ],
        },
      ]}
    >
      <IconButton label="More about this endpoint" tooltip={false} icon={<Ellipsis size={16} aria-hidden="true" />} />
    </Menu>
  );
}

function ScoringAddress({ uri }: { uri: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1 max-md:order-2 max-md:w-full">
      <code className="truncate font-mono text-xs text-muted">{uri}</code>
      <CopyButton text={uri} label="Copy the scoring address" />
    </span>
  );
}

/** Who should get which share, and below it who got it in the last minute. */
function HeaderSplit({ endpoint }: { endpoint: Endpoint }) {
  const live = sharesOf(endpoint).filter(({ share }) => share > 0);
  const measured = useMeasuredShares(endpoint.name);
  const enough = totalOf(measured) >= MIN_SAMPLE;
  return (
    <div className="w-105 max-w-full max-md:w-full">
      <div className="mb-1.5 flex justify-between gap-3 overflow-hidden text-xs">
        {live.length === 0 ? <span className="text-muted">No live traffic</span> : null}
        {live.map(({ name, slot, share }) => (
          <DeploymentName
            key={name}
            slot={slot}
            name={
              <span className="font-normal">
                {name} <b className="font-semibold">{share} %</b>
              </span>
            }
          />
        ))}
      </div>
      <EndpointSplit endpoint={endpoint} height="desired" />
      <SplitBar
        className="mt-0.75"
        height="measured"
        shares={sharesOf(endpoint).map((one) => ({ ...one, share: enough ? (measured?.get(one.name) ?? 0) : 0 }))}
        label={enough ? 'Measured in the last minute' : 'Not enough traffic to measure shares'}
      />
    </div>
  );
}

function HeaderSkeleton() {
  return (
    <SkeletonRegion label="the endpoint" className="w-105 max-w-full">
      <Skeleton className="mb-2 h-3 w-24" />
      <Skeleton className="h-3 w-full" />
    </SkeletonRegion>
  );
}
