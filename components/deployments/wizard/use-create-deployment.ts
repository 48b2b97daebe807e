'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { ModelVersion } from '#lib/contracts/model.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { fieldOfPointer } from '#lib/deployment-yaml/draft-faults.ts';
import {
  type ChosenDraft,
  isChosen,
  planRequests,
  type PlannedRequest,
  type PlannedStep,
} from '#lib/deployment-yaml/draft-requests.ts';
import { unexpectedProblem } from '#lib/queries/api-problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { keepCode } from './kept-code.ts';
import type { Wizard } from './use-wizard.ts';

/** Answer of the server action that carries out one planned request. */
export type PlannedAnswer =
  | { ok: true; data: ModelVersion | Endpoint | Operation }
  | { ok: false; problem: Problem; retryAfterSeconds: number | null };

export type SendPlannedRequest = (request: PlannedRequest, idempotencyKey: string) => Promise<PlannedAnswer>;

export type CreateState =
  | { phase: 'idle' }
  | { phase: 'working'; step: PlannedStep }
  /** `made` are the steps before it, whose results exist. */
  | { phase: 'failed'; step: PlannedStep; problem: Problem; made: PlannedStep[] };

/**
 * Carries out the plan, one request after the other, and goes to the operation. What a step made is written into the form at once, so that pressing
 * the button again after a failure goes on with the step that failed, also after a reload.
 */
export function useCreateDeployment(wizard: Wizard, send: SendPlannedRequest, clearForm: () => void) {
  const [state, setState] = useState<CreateState>({ phase: 'idle' });
  const router = useRouter();
  const client = useQueryClient();

  async function create(): Promise<void> {
    if (state.phase === 'working') return;
    wizard.showFaults();
    const { draft } = wizard;
    if (wizard.faults.length > 0 || !isChosen(draft)) return setState({ phase: 'idle' });
    const whole = await withCode(draft);
    if (whole !== null) await carryOut(whole);
  }

  /** The draft with its code on the server; null where the code is not fit to be deployed. */
  async function withCode(draft: ChosenDraft): Promise<ChosenDraft | null> {
    const { model } = draft;
    if (model.kind !== 'script' || model.code !== null) return draft;
    setState({ phase: 'working', step: 'code' });
    const prepared = await wizard.code.prepare(wizard.form.script);
    if (prepared !== null) return { ...draft, model: { ...model, code: `upload:${prepared.codeId}` } };
    wizard.setRefusals([{ field: 'script', message: `${model.scoringScript} is not fit to be deployed, see below.` }]);
    setState({ phase: 'idle' });
    document.getElementById('field-script')?.focus();
    return null;
  }

  async function carryOut(draft: ChosenDraft): Promise<void> {
    const made: PlannedStep[] = [];
    const requests = planRequests(draft);
    for (const planned of requests) {
      const { step } = planned;
      setState({ phase: 'working', step });
      const answer = await attempt(send, planned, wizard.form.id);
      if (!answer.ok) {
        wizard.setRefusals(refusalsOf(step, answer.problem));
        return setState({ phase: 'failed', step, problem: answer.problem, made });
      }
      made.push(step);
      remember(step, answer.data);
      if (step === 'deployment') await leave(draft, answer.data as Operation);
    }
  }

  function remember(step: PlannedStep, data: ModelVersion | Endpoint | Operation): void {
    if (step === 'model') {
      const { name, version } = data as ModelVersion;
      wizard.change({ tab: 'registered', model: { kind: 'registered', name, version } });
      void client.invalidateQueries({ queryKey: keys.models.all() });
    }
    if (step === 'endpoint') {
      const { name } = data as Endpoint;
      client.setQueryData(keys.endpoints.detail(name), data as Endpoint);
      void client.invalidateQueries({ queryKey: keys.endpoints.list() });
      wizard.change({
        endpointIsNew: false,
        endpointName: name,
        deploymentName: wizard.draft.deployment,
        takesAllTraffic: wizard.draft.takesAllTraffic,
      });
    }
  }

  async function leave(draft: ChosenDraft, operation: Operation): Promise<void> {
    const endpoint = draft.endpoint.name.toLowerCase();
    if (draft.model.kind === 'script') keepCode(operation.id, wizard.form.script);
    clearForm();
    client.setQueryData(keys.operations.detail(operation.id), operation);
    await client.invalidateQueries({ queryKey: keys.endpoints.all(), refetchType: 'none' });
    router.push(`/endpoints/${encodeURIComponent(endpoint)}/operations/${encodeURIComponent(operation.id)}`);
  }

  return { state, create };
}

/** A server action rejects when the studio itself cannot be reached. */
async function attempt(send: SendPlannedRequest, planned: PlannedRequest, formId: string): Promise<PlannedAnswer> {
  try {
    return await send(planned, idempotencyKey(planned, formId));
  } catch {
    const problem = unexpectedProblem(
      'The studio does not answer',
      'The connection failed on the way, so it is not known whether this step was carried out. Continue: nothing is made twice.',
    );
    return { ok: false, problem, retryAfterSeconds: null };
  }
}

/** The same content of the same form gives the same key: sent again after a lost answer, it is one registration. */
function idempotencyKey(planned: PlannedRequest, formId: string): string {
  return planned.step === 'model' ? `${formId}:${planned.name}:${planned.body.path}` : `${formId}:${planned.step}`;
}

function refusalsOf(step: PlannedStep, problem: Problem) {
  return (problem.errors ?? []).flatMap(({ path, message }) => {
    const field = step === 'code' ? 'script' : fieldOfPointer(step, path);
    return field === null ? [] : [{ field, message: `${message[0]?.toUpperCase()}${message.slice(1)}` }];
  });
}
