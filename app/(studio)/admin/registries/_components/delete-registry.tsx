'use client';

import { useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Registry } from '#lib/contracts/registry.ts';
import { keys } from '#lib/queries/keys.ts';
import { deleteRegistry } from '../actions.ts';

export function DeleteRegistry({ registry, onClose }: { registry: Registry; onClose: () => void }) {
  const client = useQueryClient();
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Delete the credentials of ${registry.host}?`}
      confirmLabel="Delete credentials"
      isDangerous
      onConfirm={async () => {
        const result = await deleteRegistry(registry.host, registry.revision);
        if (!result.ok) return result.problem;
        await client.invalidateQueries({ queryKey: keys.registries.all() });
        toast({ text: `Deleted the credentials of ${registry.host}` });
        return null;
      }}
    >
      What runs keeps running: its images are on this host. Images that are not cannot be pulled from {registry.host}{' '}
      any more if it asks who is there.
    </ConfirmDialog>
  );
}
