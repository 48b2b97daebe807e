'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Endpoint, EndpointWrite } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { patchEndpoint } from '../../actions.ts';
import { formatTags, parseLimit, parseTags } from './settings-form.ts';

const MIB = 2 ** 20;

/** Description, tags, routing and limits; saved together with the revision they were read at. */
export function GeneralSettings({ endpoint }: { endpoint: Endpoint }) {
  const client = useQueryClient();
  const [description, setDescription] = useState(endpoint.description);
  const [tags, setTags] = useState(formatTags(endpoint.tags));
  const [stickyHeader, setStickyHeader] = useState(endpoint.sticky_header ?? '');
  const [rate, setRate] = useState(String(endpoint.limits?.requests_per_second ?? ''));
  const [concurrency, setConcurrency] = useState(String(endpoint.limits?.concurrency ?? ''));
  const [bodyMib, setBodyMib] = useState(
    endpoint.limits?.max_body_bytes ? String(endpoint.limits.max_body_bytes / MIB) : '',
  );
  const [idempotent, setIdempotent] = useState(endpoint.idempotent_predictions);
  const [mapErrors, setMapErrors] = useState(endpoint.map_model_errors);
  const [websocket, setWebsocket] = useState(endpoint.allow_websocket);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const limits = { rate: parseLimit(rate), concurrency: parseLimit(concurrency), body: parseLimit(bodyMib) };
  const valid = Object.values(limits).every((limit) => limit !== 'invalid');
  const faultOf = (limit: (typeof limits)[keyof typeof limits]) =>
    limit === 'invalid' ? 'Write a number above 0, or leave it empty' : null;
  const fieldError = (path: string) => problem?.errors?.find((error) => error.path.startsWith(path))?.message;

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!valid || busy) return;
    setBusy(true);
    const result = await patchEndpoint(endpoint.name, patchOf(), endpoint.revision);
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint.name) });
    toast({ text: 'Saved the settings' });
  }

  function patchOf(): EndpointWrite {
    const { rate: perSecond, concurrency: inFlight, body } = limits;
    const chosen = {
      ...(typeof perSecond === 'number' && { requests_per_second: perSecond }),
      ...(typeof inFlight === 'number' && { concurrency: inFlight }),
      ...(typeof body === 'number' && { max_body_bytes: Math.round(body * MIB) }),
    };
    return {
      description,
      tags: parseTags(tags),
      sticky_header: stickyHeader.trim() === '' ? null : stickyHeader.trim(),
      limits: Object.keys(chosen).length === 0 ? null : chosen,
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
      <Section title="Limits">
        <p className="mb-4 text-muted">Empty means no limit. Calls over a limit get 429, too large bodies 413.</p>
        <div className="grid gap-4 sm:grid-cols-3">
          <TextField
            label="Requests per second"
            inputMode="decimal"
            value={rate}
            onChange={setRate}
            error={faultOf(limits.rate) ?? fieldError('/limits/requests')}
          />
          <TextField
            label="Requests at once"
            inputMode="numeric"
            value={concurrency}
            onChange={setConcurrency}
            error={faultOf(limits.concurrency) ?? fieldError('/limits/concurrency')}
          />
          <TextField
            label="Body, MiB"
            inputMode="decimal"
            value={bodyMib}
            onChange={setBodyMib}
            error={faultOf(limits.body) ?? fieldError('/limits/max_body')}
          />
        </div>
      </Section>
      {problem ? <ErrorState problem={problem} title="The settings were not saved" /> : null}
      <div>
        <Button type="submit" variant="primary" busy={busy} isDisabled={!valid}>
          Save settings
        </Button>
      </div>
    </form>
  );
}
