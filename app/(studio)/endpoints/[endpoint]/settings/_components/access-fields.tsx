'use client';

import { AuthModeField } from '#components/endpoints/auth-mode-field.tsx';
import { Note } from '#components/ui/note.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { findNetworkFault, findOriginFault } from './access-form.ts';

export interface AccessDraft {
  authMode: Endpoint['auth_mode'];
  isPublic: boolean;
  networks: string;
  origins: string;
}

/** Whether the fields hold what the API would refuse. */
export function hasAccessFault({ isPublic, networks, origins }: AccessDraft): boolean {
  return findOriginFault(origins) !== null || (!isPublic && findNetworkFault(networks) !== null);
}

export interface AccessFieldsProps {
  draft: AccessDraft;
  onChange: (draft: AccessDraft) => void;
  /** What the endpoint has now: callers notice a change at once. */
  saved: Pick<Endpoint, 'auth_mode'>;
  serverFault: (path: string) => string | undefined;
}

/** Who may call: with what, and from where. */
export function AccessFields({ draft, onChange, saved, serverFault }: AccessFieldsProps) {
  const changes = draft.authMode !== saved.auth_mode;
  return (
    <div className="grid gap-4">
      <AuthModeField
        value={draft.authMode}
        onChange={(authMode) => onChange({ ...draft, authMode })}
        error={serverFault('/auth_mode')}
      />
      {changes ? (
        <Note tone="warning">
          {draft.authMode === 'key'
            ? 'Tokens stop working with the save; the endpoint takes its two keys again.'
            : 'Both keys stop working with the save; callers need a token of their own.'}
        </Note>
      ) : null}
      <Switch isSelected={draft.isPublic} onChange={(isPublic) => onChange({ ...draft, isPublic })}>
        Callers on any network may call
      </Switch>
      {draft.isPublic ? null : (
        <TextField
          label="Allowed networks"
          hint="This host may always call. One network or address in each line: 10.0.0.0/8, 2001:db8::/32"
          rows={3}
          mono
          value={draft.networks}
          onChange={(networks) => onChange({ ...draft, networks })}
          error={findNetworkFault(draft.networks) ?? serverFault('/allowed_networks')}
        />
      )}
      <TextField
        label="Web origins"
        hint="Pages that may call from a browser, separated by blanks: https://app.example.org; * for all. Empty: the model answers them"
        mono
        value={draft.origins}
        onChange={(origins) => onChange({ ...draft, origins })}
        error={findOriginFault(draft.origins) ?? serverFault('/cors_origins')}
      />
    </div>
  );
}
