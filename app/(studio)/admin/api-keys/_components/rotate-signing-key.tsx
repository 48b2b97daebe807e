'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Checkbox } from '#components/ui/checkbox.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { toast } from '#components/ui/toast.tsx';
import { keys } from '#lib/queries/keys.ts';
import { rotateSigningKey } from '../actions.ts';

/** Two ways: let the old tokens run out, or refuse them at once because a key or a token is in wrong hands. */
export function RotateSigningKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [revoke, setRevoke] = useState(false);
  return (
    <ConfirmDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Replace the signing key?"
      confirmLabel={revoke ? 'Replace and refuse tokens' : 'Replace signing key'}
      isDangerous={revoke}
      onConfirm={async () => {
        const result = await rotateSigningKey(revoke);
        await client.invalidateQueries({ queryKey: keys.tokenSigningKeys() });
        if (!result.ok) return result.problem;
        toast({ text: revoke ? 'The tokens issued so far no longer work' : 'The signing key is new' });
        return null;
      }}
    >
      <div className="grid gap-3">
        <p>
          {revoke
            ? 'Callers of every endpoint that takes tokens get 401 until they get another one.'
            : 'Tokens that were issued before stay good until each expires, within an hour.'}
        </p>
        <Checkbox isSelected={revoke} onChange={setRevoke}>
          Refuse every token that was issued so far
        </Checkbox>
      </div>
    </ConfirmDialog>
  );
}
