'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Endpoint, EndpointPatch } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { patchEndpoint } from '../../actions.ts';
import { type AccessDraft, AccessFields, hasAccessFault } from './access-fields.tsx';
import { parseWords } from './access-form.ts';
import { LimitFields } from './limit-fields.tsx';
import { describeLimits, findLimitFaults, joinLimits, parseLimits } from './limit-form.ts';
import { patchTo } from './merge-patch.ts';
import { formatTags, parseTags } from './settings-form.ts';

/** Description, tags, routing, access and limits; saved together with the revision they were read at. */
export function GeneralSettings({ endpoint }: { endpoint: Endpoint }) {
  const client = useQueryClient();
  const [description, setDescription] = useState(endpoint.description);
  const [tags, setTags] = useState(formatTags(endpoint.tags));
  const [stickyHeader, setStickyHeader] = useState(endpoint.sticky_header ?? '');
  const [access, setAccess] = useState<AccessDraft>({
    authMode: endpoint.auth_mode,
    isPublic: endpoint.public_network_access === 'enabled',
    networks: endpoint.allowed_networks.join('\n'),
    origins: endpoint.cors_origins.join(' '),
  });
  const [limits, setLimits] = useState(() => describeLimits(endpoint.limits));
  const [keyLimits, setKeyLimits] = useState(() => describeLimits(endpoint.limits?.per_key));
  const [idempotent, setIdempotent] = useState(endpoint.idempotent_predictions);
  const [mapErrors, setMapErrors] = useState(endpoint.map_model_errors);
  const [websocket, setWebsocket] = useState(endpoint.allow_websocket);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const faults = { own: findLimitFaults(limits), perKey: findLimitFaults(keyLimits) };
  const hasFault = Object.keys({ ...faults.own, ...faults.perKey }).length > 0 || hasAccessFault(access);
  const fieldError = (path: string) => problem?.errors?.find((error) => error.path.startsWith(path))?.message;

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (hasFault || busy) return;
    setBusy(true);
    const result = await patchEndpoint(endpoint.name, patchOf(), endpoint.revision);
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint.name) });
    toast({ text: 'Saved the settings' });
  }

  function patchOf(): EndpointPatch {
    return {
      description,
      tags: patchTo(endpoint.tags, parseTags(tags)),
      sticky_header: stickyHeader.trim() === '' ? null : stickyHeader.trim(),
      auth_mode: access.authMode,
      public_network_access: access.isPublic ? 'enabled' : 'disabled',
      ...(!access.isPublic && { allowed_networks: parseWords(access.networks) }),
      cors_origins: parseWords(access.origins),
      limits: patchTo(endpoint.limits, joinLimits(parseLimits(limits), parseLimits(keyLimits))),
      idempotent_predictions: idempotent,
      map_model_errors: mapErrors,
      allow_websocket: websocket,
    };
  }

  return (
    <form onSubmit={(event) => void save(event)} className="grid gap-8">
      <Section title="General">
        <div className="grid gap-4">
          <TextField
            label="Description"
            value={description}
            onChange={setDescription}
            error={fieldError('/description')}
          />
          <TextField
            label="Tags"
            hint="Separated by commas: team=payments, tier-1"
            value={tags}
            onChange={setTags}
            error={fieldError('/tags')}
          />
        </div>
      </Section>
      <Section title="Routing">
        <div className="grid gap-4">
          <TextField
            label="Sticky header"
            hint="Calls with the same value of this header go to the same deployment. Empty: each call is routed on its own."
            placeholder="x-customer-id"
            mono
            value={stickyHeader}
            onChange={setStickyHeader}
            error={fieldError('/sticky_header')}
          />
          <Switch isSelected={idempotent} onChange={setIdempotent}>
            Predictions can be repeated: a call that an instance dropped before answering is sent to another
          </Switch>
          <Switch isSelected={mapErrors} onChange={setMapErrors}>
            Answer 424 for every error of the model, as the original service does
          </Switch>
          <Switch isSelected={websocket} onChange={setWebsocket}>
            Let WebSocket connections through
          </Switch>
        </div>
      </Section>
      <Section title="Access">
        <AccessFields draft={access} onChange={setAccess} saved={endpoint} serverFault={fieldError} />
      </Section>
      <Section title="Limits">
        <p className="mb-4 text-muted">Empty means no limit. Calls over a limit get 429, too large bodies 413.</p>
        <div className="grid gap-6">
          <LimitFields
            title="Of the endpoint"
            hint="All callers together. A burst is what may come at once before the rate counts; empty, a second's worth."
            texts={limits}
            onChange={setLimits}
            faults={faults.own}
            serverFault={(name) => fieldError(`/limits/${name}`)}
          />
          <LimitFields
            title="Of each key"
            hint="Each key by itself; with tokens, each person or API key that gets them."
            texts={keyLimits}
            onChange={setKeyLimits}
            faults={faults.perKey}
            serverFault={(name) => fieldError(`/limits/per_key/${name}`)}
          />
        </div>
      </Section>
      {problem ? <ErrorState problem={problem} title="The settings were not saved" /> : null}
      <div>
        <Button type="submit" variant="primary" busy={busy} isDisabled={hasFault}>
          Save settings
        </Button>
      </div>
    </form>
  );
}
