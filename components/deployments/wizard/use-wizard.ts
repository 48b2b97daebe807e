'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DEPLOYMENT_SLOTS } from '#components/ui/deployment.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { Capability } from '#lib/contracts/info.ts';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { resourceNameFault } from '#lib/contracts/names.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import type { DeploymentDraft } from '#lib/deployment-yaml/draft.ts';
import type { DraftFault, DraftField } from '#lib/deployment-yaml/draft-field.ts';
import { draftFaults } from '#lib/deployment-yaml/draft-faults.ts';
import { colourSlotOfName } from '#lib/deployment-yaml/suggest-names.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointsQuery } from '#lib/queries/endpoints.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { instanceTypesQuery } from '#lib/queries/instance-types.ts';
import type { ChosenFile } from '#components/ui/drop-zone.tsx';
import type { UploadedModel } from '../use-upload.ts';
import { type FormFacts, resolveForm } from './resolve-form.ts';
import { asServedHere } from './served-by-host.ts';
import { type ModelFacts, useModelFacts } from './use-model-facts.ts';
import { type ScoringCode, useScoringCode } from './use-scoring-code.ts';
import { sourceOfUpload, type WizardForm } from './wizard-form.ts';

export interface WizardFacts extends FormFacts {
  endpoints: readonly Endpoint[];
  endpointsProblem: Problem | null;
  instanceTypes: readonly InstanceType[];
  instanceTypesProblem: Problem | null;
  model: ModelFacts;
  gatewayUrl: string;
  /** Null while it is not known. */
  docker: Capability | null;
  hostGpus: number | null;
}

/** What the sections of the page share. */
export interface Wizard {
  form: WizardForm;
  /** The form with its suggestions: what is shown and sent. */
  draft: DeploymentDraft;
  facts: WizardFacts;
  change: (changes: Partial<WizardForm>) => void;
  chooseUpload: (upload: UploadedModel | null) => void;
  renameUpload: (name: string) => void;
  /** Everything that keeps it from being created. */
  faults: DraftFault[];
  /** What to show at a field: nothing before somebody tried to create. */
  faultOf: (field: DraftField) => string | null;
  /** What is wrong with the name typed for a new endpoint, as it is typed. */
  nameFault: string | null;
  /** From now on faults show at their fields. */
  showFaults: () => void;
  showsFaults: boolean;
  /** Faults that the control plane found, until something changes. */
  setRefusals: (refusals: DraftFault[]) => void;
  /** Code that is written here. */
  code: ScoringCode;
  /** Files that were dropped elsewhere on the page and are to be sent as the model; null while there are none. */
  incoming: ChosenFile[] | null;
  sendModel: (files: ChosenFile[] | null) => void;
  /** The page belongs to an endpoint that exists. */
  isEndpointFixed: boolean;
  /** The existing endpoint that was chosen. */
  endpoint: Endpoint | undefined;
  instanceType: InstanceType | undefined;
  /** Identity colour that the deployment will most likely get. */
  slot: number;
}

export interface SectionProps {
  wizard: Wizard;
}

export function useWizard(
  form: WizardForm,
  changeForm: (changes: Partial<WizardForm>) => void,
  isEndpointFixed: boolean,
): Wizard {
  const facts = useWizardFacts(form);
  const [showsFaults, setShowsFaults] = useState(false);
  const [refusals, setRefusals] = useState<DraftFault[]>([]);
  const [incoming, setIncoming] = useState<ChosenFile[] | null>(null);
  const code = useScoringCode();
  const draft = resolveForm(form, facts);
  const named = facts.endpoints.find(({ name }) => name === draft.endpoint.name.toLowerCase());
  const endpoint = form.endpointIsNew ? undefined : named;
  const { detected } = facts.model;
  const faults = draftFaults(draft, {
    endpoints: facts.endpoints.map(({ name }) => name),
    deployments: endpoint?.deployments.map(({ name }) => name) ?? [],
    servable: detected && { ok: detected.servable, reason: detected.reason },
  });

  function change(changes: Partial<WizardForm>): void {
    setRefusals([]);
    changeForm(changes);
  }

  return {
    form,
    draft,
    facts,
    change,
    chooseUpload: (upload) => change({ model: upload && sourceOfUpload(upload, form.model) }),
    renameUpload: (name) => form.model?.kind === 'upload' && change({ model: { ...form.model, name } }),
    faults,
    faultOf: (field) => {
      const shown = showsFaults ? [...refusals, ...faults] : refusals;
      return shown.find((fault) => fault.field === field)?.message ?? null;
    },
    nameFault: newNameFault(draft.endpoint.name, named !== undefined),
    showFaults: () => setShowsFaults(true),
    showsFaults,
    setRefusals,
    code,
    incoming,
    sendModel: setIncoming,
    isEndpointFixed,
    endpoint,
    instanceType: facts.instanceTypes.find(({ name }) => name === draft.instanceType),
    slot: slotOf(draft, endpoint),
  };
}

function useWizardFacts(form: WizardForm): WizardFacts {
  const endpoints = useQuery(endpointsQuery());
  const types = useQuery(instanceTypesQuery());
  const { data: info } = useQuery(infoQuery());
  const found = useModelFacts(form.tab === 'none' ? null : form.model);
  const model = { ...found, detected: asServedHere(found.detected, info ?? null) };
  return {
    endpoints: endpoints.data ?? [],
    endpointsProblem: endpoints.error && problemOf(endpoints.error),
    instanceTypes: types.data ?? [],
    instanceTypesProblem: types.error && problemOf(types.error),
    host: info ?? null,
    model,
    modelBytes: model.sizeBytes,
    registeredAs: model.registeredAs,
    gatewayUrl: info?.gateway_url ?? '',
    docker: info?.runtimes.docker ?? null,
    hostGpus: info?.gpus.length ?? null,
  };
}

function newNameFault(name: string, isTaken: boolean): string | null {
  const fault = resourceNameFault(name);
  if (fault !== null) return `The name ${fault}.`;
  return isTaken ? `There is an endpoint ${name.toLowerCase()} already. Choose another name.` : null;
}

/** An existing deployment keeps its colour; a new one gets its name's own, else the next that nobody has. */
function slotOf({ deployment }: DeploymentDraft, endpoint: Endpoint | undefined): number {
  const name = deployment.toLowerCase();
  const siblings = endpoint?.deployments ?? [];
  const existing = siblings.find((sibling) => sibling.name === name);
  if (existing) return existing.colour_slot;
  const taken = new Set(siblings.map(({ colour_slot }) => colour_slot));
  const own = colourSlotOfName(name);
  if (own !== null && !taken.has(own)) return own;
  const slots = Array.from({ length: DEPLOYMENT_SLOTS }, (_, index) => index + 1);
  return slots.find((slot) => !taken.has(slot)) ?? DEPLOYMENT_SLOTS + 1;
}
