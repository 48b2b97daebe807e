'use client';

import { CircleCheck, Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Note } from '#components/ui/note.tsx';
import { PasswordField } from '#components/ui/password-field.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { ServerTrial } from '#lib/contracts/external-server.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import {
  externalBody,
  type ExternalForm,
  externalSource,
  type HeaderDraft,
} from '#lib/deployment-yaml/external-source.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { tryExternalServers } from '#lib/queries/external-servers.ts';
import { FieldFault } from './field-fault.tsx';
import type { SectionProps, Wizard } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

/** Where the servers are that run already, how to ask for their health, and what they want to be told. */
export function ServersSection({ wizard }: SectionProps) {
  const { form, faultOf } = wizard;
  const change = (changes: Partial<ExternalForm>): void =>
    wizard.change({ external: { ...form.external, ...changes } });
  return (
    <WizardSection
      id="servers"
      title="Servers"
      lead="They keep running where they are. Viridian sends them their share of the calls and watches their health."
    >
      <TextField
        id="field-external-urls"
        label="URLs"
        hint="One a line; each counts as one instance. Paths of calls are put behind the path of the URL."
        rows={3}
        mono
        placeholder="http://models.example:8000"
        value={form.external.urls}
        onChange={(urls) => change({ urls })}
        error={faultOf('external-urls')}
        autoComplete="off"
        spellCheck="false"
      />
      <TextField
        id="field-external-health-path"
        className="max-w-90"
        label="Health path"
        hint="Answers 200 to 399 while the server can take calls."
        mono
        value={form.external.healthPath}
        onChange={(healthPath) => change({ healthPath })}
        error={faultOf('external-health-path')}
        autoComplete="off"
        spellCheck="false"
      />
      <TextField
        id="field-external-grpc-port"
        className="max-w-90"
        label="Port of gRPC"
        hint="For servers with a port of its own for gRPC, as Triton and TensorFlow Serving. Empty means the ports of the URLs."
        mono
        placeholder="8001"
        value={form.external.grpcPort}
        onChange={(grpcPort) => change({ grpcPort })}
        error={faultOf('external-grpc-port')}
        autoComplete="off"
        spellCheck="false"
      />
      <Headers
        headers={form.external.headers}
        onChange={(headers) => change({ headers })}
        error={faultOf('external-headers')}
      />
      <ServerTrials wizard={wizard} />
    </WizardSection>
  );
}

interface HeadersProps {
  headers: readonly HeaderDraft[];
  onChange: (headers: HeaderDraft[]) => void;
  error: string | null;
}

function Headers({ headers, onChange, error }: HeadersProps) {
  const replace = (index: number, changes: Partial<HeaderDraft>): void =>
    onChange(headers.map((header, at) => (at === index ? { ...header, ...changes } : header)));
  return (
    <fieldset id="field-external-headers" tabIndex={-1} className="grid gap-3 outline-none">
      <legend className="mb-2 text-sm font-medium">
        Headers{' '}
        <span className="font-normal text-muted">sent with every call, for example a key. Values are kept sealed.</span>
      </legend>
      {headers.map((header, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rows have no other identity while they are typed
        <div key={index} className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)_auto] items-end gap-2">
          <TextField
            label={`Name ${index + 1}`}
            value={header.name}
            onChange={(name) => replace(index, { name })}
            autoComplete="off"
            spellCheck="false"
          />
          <PasswordField
            label={`Value ${index + 1}`}
            value={header.value}
            onChange={(value) => replace(index, { value })}
            autoComplete="off"
          />
          <IconButton
            label={`Remove header ${index + 1}`}
            icon={<X size={16} aria-hidden="true" />}
            onPress={() => onChange(headers.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <FieldFault message={error} />
      <div>
        <Button
          size="sm"
          icon={<Plus size={14} aria-hidden="true" />}
          onPress={() => onChange([...headers, { name: '', value: '' }])}
        >
          Add a header
        </Button>
      </div>
    </fieldset>
  );
}

type Trials =
  | { phase: 'idle' | 'working' }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'done'; items: ServerTrial[] };

/** Asks the servers from where they would be called, before anything is made. */
function ServerTrials({ wizard: { form, draft } }: { wizard: Wizard }) {
  const [trials, setTrials] = useState<Trials>({ phase: 'idle' });
  const source = externalSource(form.external);

  async function tryOut(): Promise<void> {
    setTrials({ phase: 'working' });
    const of = form.edits === null ? null : { endpoint: draft.endpoint.name, deployment: form.edits };
    try {
      setTrials({ phase: 'done', items: await tryExternalServers(externalBody(source), of) });
    } catch (error) {
      setTrials({ phase: 'failed', problem: problemOf(error) });
    }
  }

  return (
    <div className="grid gap-3">
      <div>
        <Button busy={trials.phase === 'working'} isDisabled={source.urls.length === 0} onPress={() => void tryOut()}>
          Test connection
        </Button>
      </div>
      {trials.phase === 'failed' ? (
        <ErrorState problem={trials.problem} title="The connection could not be tested" />
      ) : null}
      {trials.phase === 'done' ? (
        <div role="status" className="grid gap-2">
          {trials.items.map((trial) => (
            <TrialResult key={trial.url} trial={trial} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

function TrialResult({ trial: { url, ok, address, message, duration_ms: took } }: { trial: ServerTrial }) {
  return (
    <Note
      tone={ok ? 'neutral' : 'warning'}
      {...(ok && { icon: <CircleCheck size={16} className="text-success" aria-hidden="true" /> })}
    >
      <b className="font-medium wrap-anywhere">{url}</b>
      {ok ? ` at ${address} answers: ${message} in ${took} ms.` : `: ${message}`}
    </Note>
  );
}
