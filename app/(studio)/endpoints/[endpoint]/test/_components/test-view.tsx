'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Select } from '#components/ui/select.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { TensorSpec } from '#lib/contracts/model.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { deploymentsQuery } from '#lib/queries/deployments.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import { AnswerPanel } from './answer-panel.tsx';
import { InputForm } from './input-form.tsx';
import { bodyOfTable, type InputTable, tableOf, takesText } from './input-table.ts';
import { type TestAnswer, useInvoke } from './use-invoke.ts';
import { type ModelSignature, useModelSignature } from '../../_components/use-model-signature.ts';

const AS_TRAFFIC = 'split';
const NO_OTHER = 'none';

/** A request made from the signature, sent for real through the gateway, and what came back. */
export function TestView({ name }: { name: string }) {
  const { data: deployments, error, refetch } = useQuery(deploymentsQuery(name));
  if (error && deployments === undefined) {
    return (
      <ErrorState problem={problemOf(error)} title="The deployments could not be read" onRetry={() => void refetch()} />
    );
  }
  if (deployments === undefined) return <SkeletonRows label="the test" rows={6} />;
  if (deployments.length === 0) {
    return (
      <EmptyState
        title="Nothing to test yet"
        headingLevel={2}
        actions={
          <ButtonLink href={`/endpoints/${encodeURIComponent(name)}/deployments/new`}>Add a deployment</ButtonLink>
        }
      >
        A test sends a request to a deployment, and this endpoint has none.
      </EmptyState>
    );
  }
  return <LoadedTest endpoint={name} deployments={deployments} />;
}

function LoadedTest({ endpoint, deployments }: { endpoint: string; deployments: readonly Deployment[] }) {
  const [target, setTarget] = useQueryState('deployment', parseAsString.withDefault(AS_TRAFFIC));
  const [chosenOther, setOther] = useState(NO_OTHER);
  const other = chosenOther === target ? NO_OTHER : chosenOther;
  const shown =
    deployments.find(({ name }) => name === target) ??
    deployments.toSorted((a, b) => b.traffic_percent - a.traffic_percent)[0];
  const [wanted, setWanted] = useState<string | null>(null);
  const signature = useModelSignature(shown?.model ?? null, wanted);
  const { inputs, sample, path, isPending } = signature;
  const request = useRequestText(sample, inputs);
  const { answers, send, busy, problem } = useInvoke(endpoint);

  // Until the model's own sample is there, the body is a placeholder that nobody asked to send.
  const canSend = !isPending && request.body !== undefined;
  function run(): void {
    if (!canSend || busy) return;
    const targets = other === NO_OTHER ? [target] : [target, other];
    void send(
      { path, body: request.body },
      targets.map((name) => (name === AS_TRAFFIC ? null : name)),
    );
  }
  useShortcuts([{ keys: 'Mod+Enter', label: 'Send the request', group: 'Test', run }]);

  const named = deployments.map(({ name }) => ({ id: name, label: name }));
  return (
    <div className="grid grid-cols-1 gap-6 lg:grid-cols-[392px_minmax(0,1fr)]">
      <section aria-label="Request" className="grid min-w-0 content-start gap-4">
        <div className="flex flex-wrap items-end gap-3">
          <Select
            label="Send to"
            options={[{ id: AS_TRAFFIC, label: 'As the split says' }, ...named]}
            value={target}
            onChange={(id) => void setTarget(id === AS_TRAFFIC ? null : id)}
            className="min-w-44 flex-1"
          />
          <Select
            label="Compare with"
            options={[{ id: NO_OTHER, label: 'Nothing' }, ...named.filter(({ id }) => id !== target)]}
            value={other}
            onChange={setOther}
            className="min-w-36 flex-1"
          />
        </div>
        {target === AS_TRAFFIC ? null : (
          <p className="text-xs text-muted">Naming a deployment goes past the split and is not mirrored.</p>
        )}
        <RepositoryModel
          signature={signature}
          onChange={(name) => {
            setWanted(name);
            request.reset();
          }}
        />
        {isPending ? (
          <SkeletonRows label="the signature" rows={4} />
        ) : (
          <RequestEditor request={request} inputs={inputs} />
        )}
        <div className="sticky bottom-0 flex flex-wrap items-center gap-2 bg-page py-3">
          <Button variant="primary" keys={['Ctrl', 'Enter']} busy={busy} isDisabled={!canSend} onPress={run}>
            Send request
          </Button>
          <Button variant="quiet" onPress={request.reset}>
            Back to the sample
          </Button>
        </div>
      </section>
      <section aria-label="Answer" aria-live="polite" className="min-w-0">
        {problem ? <ErrorState problem={problem} title="The request was not sent" /> : null}
        {answers.length === 0 && !problem ? (
          <EmptyState title="No answer yet">
            Send the request: it goes through the gateway with the endpoint’s key, like a caller’s.
          </EmptyState>
        ) : null}
        <Answers endpoint={endpoint} answers={answers} deployments={deployments} />
      </section>
    </div>
  );
}

/** Which model of a repository is asked, and where. */
function RepositoryModel({
  signature: { models, model, path },
  onChange,
}: {
  signature: ModelSignature;
  onChange: (name: string) => void;
}) {
  if (model === null) return null;
  return (
    <div className="grid gap-1.5">
      {models.length > 1 ? (
        <Select
          label="Model"
          options={models.map((name) => ({ id: name, label: name }))}
          value={model}
          onChange={onChange}
        />
      ) : null}
      <p className="text-xs text-muted">
        Sent to <span className="font-mono">{path}</span>.
      </p>
    </div>
  );
}

function Answers({
  endpoint,
  answers,
  deployments,
}: {
  endpoint: string;
  answers: readonly TestAnswer[];
  deployments: readonly Deployment[];
}) {
  const slotOf = (name: string | null): number => deployments.find((one) => one.name === name)?.colour_slot ?? 0;
  const [first, second] = answers;
  return (
    <div className={answers.length > 1 ? 'grid gap-6 xl:grid-cols-2' : ''}>
      {answers.map((answer, index) => (
        <AnswerPanel
          key={`${answer.id} ${index}`}
          endpoint={endpoint}
          answer={answer}
          slot={slotOf(answer.response.deployment)}
          compareWith={index === 0 ? (second ?? null) : (first ?? null)}
        />
      ))}
    </div>
  );
}

interface RequestText {
  view: 'form' | 'json';
  setView: (view: 'form' | 'json') => void;
  text: string;
  setText: (text: string) => void;
  table: InputTable | null;
  setTable: (table: InputTable) => void;
  /** Undefined while the JSON cannot be read. */
  body: unknown;
  fault: string | null;
  reset: () => void;
}

/** The request as text; the form is another view of the same. */
function useRequestText(sample: unknown, inputs: readonly TensorSpec[]): RequestText {
  const [typed, setTyped] = useState<string | null>(null);
  const [view, setView] = useState<'form' | 'json'>('form');
  const text = typed ?? formatJson(sample);
  const { body, fault } = parseJson(text);
  const table = body === undefined ? null : tableOf(body);
  return {
    view: table === null ? 'json' : view,
    setView,
    text,
    setText: setTyped,
    table,
    setTable: (next) => setTyped(formatJson(bodyOfTable(next, takesText(inputs)))),
    body,
    fault,
    reset: () => setTyped(null),
  };
}

function parseJson(text: string): { body: unknown; fault: string | null } {
  try {
    return { body: JSON.parse(text) as unknown, fault: null };
  } catch (error) {
    return { body: undefined, fault: `This is not JSON yet: ${(error as Error).message}` };
  }
}

function RequestEditor({ request, inputs }: { request: RequestText; inputs: readonly TensorSpec[] }) {
  return (
    <div className="grid gap-3">
      <SegmentedControl
        label="Edit as"
        options={[
          { id: 'form', label: 'Form' },
          { id: 'json', label: 'JSON' },
        ]}
        value={request.view}
        onChange={request.setView}
      />
      {request.view === 'form' && request.table ? (
        <InputForm table={request.table} inputs={inputs} onChange={request.setTable} />
      ) : (
        <label className="grid gap-1.5">
          <span className="text-xs text-muted">Body</span>
          <textarea
            value={request.text}
            onChange={(event) => request.setText(event.target.value)}
            spellCheck={false}
            rows={16}
            aria-invalid={request.fault !== null}
            className="w-full resize-y rounded-md border border-control bg-page p-3 font-mono text-xs leading-5 focus:border-focus aria-invalid:border-danger"
          />
          {request.fault ? <span className="text-xs text-danger">{request.fault}</span> : null}
          {request.table === null && request.fault === null ? (
            <span className="text-xs text-muted">
              This body has no form of rows and columns, so it is edited as JSON.
            </span>
          ) : null}
        </label>
      )}
    </div>
  );
}
