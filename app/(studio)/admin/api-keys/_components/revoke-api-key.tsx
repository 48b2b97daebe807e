'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { ApiKey } from '#lib/contracts/identity.ts';
import { formatInstant } from '#lib/format/time.ts';
import { keys } from '#lib/queries/keys.ts';
import { revokeApiKey } from '../actions.ts';

const RECENT_MS = 86_400_000;

/** A key that something used within a day needs its name typed. */
export function RevokeApiKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const client = useQueryClient();
  const now = useNow();
  const style = useTimeStyle();
  const recent = apiKey.last_used_at !== null && now - Date.parse(apiKey.last_used_at) < RECENT_MS;
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Revoke ${apiKey.name}?`}
      confirmLabel="Revoke API key"
      isDangerous
      {...(recent ? { typedName: apiKey.name } : {})}
      onConfirm={async () => {
        const result = await revokeApiKey(apiKey.id);
        if (!result.ok) return result.problem;
        await client.invalidateQueries({ queryKey: keys.apiKeys.all() });
        toast({ text: `Revoked ${apiKey.name}` });
        return null;
      }}
    >
      What still sends it gets 401 at once.{' '}
      {apiKey.last_used_at === null
        ? 'It was never used.'
        : `It was last used on ${formatInstant(apiKey.last_used_at, style)}.`}
    </ConfirmDialog>
  );
}
