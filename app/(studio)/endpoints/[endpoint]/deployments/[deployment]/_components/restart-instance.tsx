'use client';

import { RotateCw } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import type { Deployment, Instance } from '#lib/contracts/deployment.ts';
import { restartInstance } from '../../../actions.ts';

export interface RestartInstanceProps {
  endpoint: string;
  deployment: Deployment;
  instance: Instance;
}

/** Replaces one instance after a question, and goes to the operation that does it. */
export function RestartInstance({ endpoint, deployment, instance }: RestartInstanceProps) {
  const router = useRouter();
  const [asking, setAsking] = useState(false);
  const name = instance.id.split('.').at(-1) ?? instance.id;
  const isLeaving = instance.state === 'draining' || instance.state === 'stopping';
  return (
    <>
      <IconButton
        label={`Restart ${name}`}
        size="sm"
        isDisabled={isLeaving}
        icon={<RotateCw size={14} aria-hidden="true" />}
        onPress={() => setAsking(true)}
      />
      <ConfirmDialog
        isOpen={asking}
        onOpenChange={setAsking}
        title={`Restart ${name}?`}
        confirmLabel="Restart instance"
        onConfirm={async () => {
          const result = await restartInstance(endpoint, deployment.name, instance.id);
          if (!result.ok) return result.problem;
          router.push(`/endpoints/${encodeURIComponent(endpoint)}/operations/${result.data.id}`);
          return null;
        }}
      >
        A new instance of the same version takes its place: it starts beside this one, which goes once the new one is
        ready. Where a GPU leaves no room for both, this one goes first and callers wait. The other instances stay.
      </ConfirmDialog>
    </>
  );
}
