'use client';

import { useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { keys } from '#lib/queries/keys.ts';
import { deleteInstanceType } from '../actions.ts';

export function DeleteInstanceType({ type, onClose }: { type: InstanceType; onClose: () => void }) {
  const client = useQueryClient();
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Delete ${type.name}?`}
      confirmLabel="Delete instance type"
      isDangerous
      onConfirm={async () => {
        const result = await deleteInstanceType(type.name, type.revision);
        if (!result.ok) return result.problem;
        await client.invalidateQueries({ queryKey: keys.instanceTypes.all() });
        toast({ text: `Deleted ${type.name}` });
        return null;
      }}
    >
      {type.used_by.length === 0
        ? 'No deployment runs on it. What it cost before stays in the cost pages.'
        : `${type.used_by.length === 1 ? 'One deployment runs' : `${type.used_by.length} deployments run`} on it, so it will be refused.`}
    </ConfirmDialog>
  );
}
