'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse } from '#lib/format/money.ts';
import { keys } from '#lib/queries/keys.ts';
import { deleteDeployment, patchDeployment, restartDeployment } from '../actions.ts';

export type DeploymentVerb = 'scale' | 'restart' | 'delete';

export interface DeploymentDialogProps {
  endpoint: string;
  deployment: Deployment;
  verb: DeploymentVerb;
  /** Instances to propose; as many as there are where it is left out. */
  count?: number;
  onClose: () => void;
}

/** Asks before a deployment is scaled, restarted or deleted, then goes to the operation that does it. */
export function DeploymentDialog({ endpoint, deployment, verb, count: proposed, onClose }: DeploymentDialogProps) {
  const router = useRouter();
  const client = useQueryClient();
  const [count, setCount] = useState(proposed ?? deployment.instance_count);
  const { locale } = usePreferences();
  const price = figureText(
    formatHourlyRateInProse(deployment.price_per_hour_micros * count, deployment.currency, locale),
  );

  async function carryOut(): Promise<Problem | null> {
    const result =
      verb === 'scale'
        ? await patchDeployment(endpoint, deployment.name, { instance_count: count })
        : verb === 'restart'
          ? await restartDeployment(endpoint, deployment.name)
          : await deleteDeployment(endpoint, deployment.name);
    if (!result.ok) return result.problem;
    await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint) });
    if ('id' in result.data) router.push(`/endpoints/${encodeURIComponent(endpoint)}/operations/${result.data.id}`);
    return null;
  }

  const texts = {
    scale: { title: `Scale ${deployment.name}`, confirm: `Scale to ${count}, ${price}` },
    restart: { title: `Restart ${deployment.name}?`, confirm: `Restart ${deployment.name}` },
    delete: { title: `Delete ${deployment.name}?`, confirm: `Delete ${deployment.name}` },
  }[verb];
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={texts.title}
      confirmLabel={texts.confirm}
      isDangerous={verb === 'delete'}
      onConfirm={carryOut}
    >
      {verb === 'scale' ? (
        <NumberField
          label="Instances"
          minValue={1}
          maxValue={1000}
          value={count}
          onChange={setCount}
          hint="New instances take traffic once they are ready; surplus ones finish what they answer."
        />
      ) : null}
      {verb === 'restart'
        ? 'Instances are replaced one after the other: a new one is ready before an old one leaves, so no call fails.'
        : null}
      {verb === 'delete'
        ? `Its ${deployment.instance_count === 1 ? 'instance stops' : `${deployment.instance_count} instances stop`}, and its logs go with it. The model stays in the registry and what it cost stays in the cost pages.`
        : null}
    </ConfirmDialog>
  );
}
