import { parseModelReference } from '#lib/deployment-yaml/model-source.ts';
import { choosing, type DeployMethod, type ModelTab, type WizardForm } from './wizard-form.ts';

/** What an address asks for; it wins over what was kept. */
export interface WizardRequest {
  /** `nocode` or `lowcode`. */
  mode?: string | undefined;
  /** `<name>:<version>` of a registered model; with the source `sample`, `<name>:<id>` of a bundled version. */
  model?: string | undefined;
  source?: string | undefined;
  /** Deployment to change and try again. */
  from?: string | undefined;
  /** Fields, comma-separated: the first that the form has gets the focus. */
  focus?: string | undefined;
}

const METHOD_OF_MODE: Readonly<Record<string, DeployMethod>> = { nocode: 'no-code', lowcode: 'low-code' };
const TABS: readonly string[] = ['sample', 'upload', 'registered'] satisfies ModelTab[];

/** The form that a request begins with. What the address names and cannot be read changes nothing. */
export function applyRequest(kept: WizardForm, { mode, model, source }: WizardRequest): WizardForm {
  const method = mode === undefined ? undefined : METHOD_OF_MODE[mode];
  const form = method === undefined ? kept : { ...kept, ...choosing(method, kept) };
  const reference = model === undefined ? null : parseModelReference(model);
  if (reference && source === 'sample') {
    return { ...form, tab: 'sample', model: { kind: 'sample', id: reference.version, name: reference.name } };
  }
  if (reference) return { ...form, tab: 'registered', model: { kind: 'registered', ...reference } };
  return source !== undefined && TABS.includes(source) ? { ...form, tab: source as ModelTab } : form;
}
