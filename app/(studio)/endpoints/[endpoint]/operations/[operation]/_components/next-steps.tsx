'use client';

import { Check } from 'lucide-react';
import { ButtonLink } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import { describeOperation } from '#lib/format/operation.ts';

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
      <b className="font-medium">{deployment} is ready.</b> Call it, or give it a share of the traffic.
    </Note>
  );
}
