'use client';

import { useQuery } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { ButtonLink } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { deploymentQuery } from '#lib/queries/deployments.ts';

/** Where to go once it worked. */
export function NextSteps({ endpoint, operation }: { endpoint: string; operation: Operation }) {
  const { deployment } = describeOperation(operation);
  const base = `/endpoints/${encodeURIComponent(endpoint)}`;
  if (operation.kind === 'endpoint.delete') {
    return (
      <Note
        icon={<Check size={16} aria-hidden="true" />}
        actions={<ButtonLink href="/endpoints">All endpoints</ButtonLink>}
      >
        {endpoint} is gone: its deployments, processes, logs and address. What it cost stays in the cost pages.
      </Note>
    );
  }
  if (operation.kind === 'deployment.delete' || deployment === null) return null;
  return (
    <Note
      icon={<Check size={16} className="text-success" aria-hidden="true" />}
      actions={
        <>
          <ButtonLink variant="primary" href={`${base}/test?deployment=${encodeURIComponent(deployment)}`}>
            Test {deployment}
          </ButtonLink>
          <ButtonLink href={base}>Open {endpoint}</ButtonLink>
        </>
      }
    >
      <b className="font-medium">{deployment} is ready.</b> <WhatItTakes endpoint={endpoint} deployment={deployment} />
    </Note>
  );
}

/** What it does now, and so what there is to do: a first deployment takes everything by itself. */
function WhatItTakes({ endpoint, deployment }: { endpoint: string; deployment: string }) {
  const share = useQuery(deploymentQuery(endpoint, deployment)).data?.traffic_percent;
  if (share === undefined) return null;
  return share > 0
    ? `It takes ${share} % of the traffic.`
    : 'It takes no traffic yet: test it by name, then give it a share.';
}
