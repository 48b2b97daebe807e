'use client';

import { useEffect, useRef } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Note } from '#components/ui/note.tsx';
import type { DeploymentDraft } from '#lib/deployment-yaml/draft.ts';
import type { DraftFault } from '#lib/deployment-yaml/draft-field.ts';
import { focusField } from './focus-field.ts';
import type { CreateState } from './use-create-deployment.ts';
import type { Wizard } from './use-wizard.ts';

/** What is missing, as links to the fields; takes the focus when somebody tried to create. */
export function FaultSummary({ faults, attempt }: { faults: readonly DraftFault[]; attempt: number }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (attempt > 0) ref.current?.focus();
  }, [attempt]);
  return (
    <div ref={ref} tabIndex={-1} className="mb-6 scroll-mt-16 outline-none">
      <Note tone="danger" role="alert">
        <b className="font-medium">
          {faults.length === 1 ? 'One thing is missing.' : `${faults.length} things are missing.`}
        </b>
        <ul className="mt-1">
          {faults.map((fault) => (
            <li key={`${fault.field} ${fault.message}`}>
              <a className="prose-link" href={`#field-${fault.field}`} onClick={() => focusField(fault.field)}>
                {fault.message}
              </a>
            </li>
          ))}
        </ul>
      </Note>
    </div>
  );
}

const FAILED = {
  code: 'The code was not sent',
  model: 'The model was not registered',
  endpoint: 'The endpoint was not made',
  deployment: 'The deployment was not made',
} as const;

/** Which step failed and why, what exists already, and how to go on. */
export function CreateProblem({
  wizard,
  state,
  onContinue,
}: {
  wizard: Wizard;
  state: Extract<CreateState, { phase: 'failed' }>;
  onContinue: () => void;
}) {
  const { problem, step, made } = state;
  const isTaken = problem.code === 'request.precondition_failed';
  return (
    <div className="mb-6">
      <ErrorState
        problem={problem}
        title={FAILED[step]}
        actions={
          <>
            <Button size="sm" onPress={onContinue}>
              {made.length > 0 ? 'Continue' : 'Try again'}
            </Button>
            {isTaken && step === 'endpoint' ? (
              <Button
                size="sm"
                onPress={() =>
                  wizard.change({ endpointIsNew: false, endpointName: wizard.draft.endpoint.name.toLowerCase() })
                }
              >
                Use the endpoint that is there
              </Button>
            ) : null}
          </>
        }
      />
      {made.length > 0 ? (
        <p className="mt-2 text-muted" role="status">
          {existingWords(made, wizard.draft)} Continue goes on from there; nothing is made twice.
        </p>
      ) : null}
    </div>
  );
}

function existingWords(made: readonly string[], { model, endpoint }: DeploymentDraft): string {
  const things = [
    made.includes('model') && model?.kind === 'registered' ? `the model ${model.name}:${model.version}` : '',
    made.includes('endpoint') ? `the endpoint ${endpoint.name.toLowerCase()}` : '',
  ].filter(Boolean);
  return `There already: ${things.join(' and ')}.`;
}
