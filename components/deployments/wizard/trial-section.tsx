'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Note } from '#components/ui/note.tsx';
import { ProgressBar } from '#components/ui/progress-bar.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { Trial } from '#lib/contracts/check.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { modelOf } from '#lib/deployment-yaml/draft.ts';
import { registrationPath } from '#lib/deployment-yaml/model-source.ts';
import type { ScriptForm } from '#lib/deployment-yaml/script-source.ts';
import { type ChosenDraft, deploymentBody, isChosen } from '#lib/deployment-yaml/draft-requests.ts';
import { formatDecimal } from '#lib/format/number.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

const POLL_MS = 700;

type Attempt =
  | { phase: 'idle' | 'beginning' }
  | { phase: 'refused'; problem: Problem }
  | { phase: 'begun'; id: string };

/** Loads the model where it would run and has it answer once, so that versions that clash show before traffic does. */
export function TrialSection({ wizard }: SectionProps) {
  const [attempt, setAttempt] = useState<Attempt>({ phase: 'idle' });
  const [typed, setTyped] = useState<string | null>(null);
  const sample = typed ?? (describesItsInput(wizard.form.script) ? '' : FIRST_SAMPLE);
  const isScript = wizard.form.method === 'low-code';
  const body = isScript ? parseSample(sample) : { ok: true as const, value: undefined };
  const trial = useTrial(attempt.phase === 'begun' ? attempt.id : null);
  const isUnderWay = attempt.phase === 'beginning' || (attempt.phase === 'begun' && !hasEnded(trial.data));

  async function tryOut(): Promise<void> {
    wizard.showFaults();
    if (!body.ok || !isChosen(wizard.draft) || wizard.faults.some(({ field }) => TRIED_FIELDS.has(field))) return;
    setAttempt({ phase: 'beginning' });
    const draft = await withPreparedCode(wizard.draft);
    if (draft === null) return setAttempt({ phase: 'idle' });
    try {
      const { beginTrial } = await import('#lib/queries/scoring.ts');
      setAttempt({ phase: 'begun', id: (await beginTrial(trialBody(draft), body.value)).id });
    } catch (error) {
      setAttempt({ phase: 'refused', problem: problemOf(error) });
    }
  }

  async function withPreparedCode(draft: ChosenDraft): Promise<ChosenDraft | null> {
    const { model } = draft;
    if (model.kind !== 'script' || model.code !== null) return draft;
    const prepared = await wizard.code.prepare(wizard.form.script);
    return prepared && { ...draft, model: { ...model, code: `upload:${prepared.codeId}` } };
  }

  async function cancel(id: string): Promise<void> {
    const { cancelTrial } = await import('#lib/queries/scoring.ts');
    await cancelTrial(id).catch(() => undefined);
    await trial.refetch();
  }

  return (
    <WizardSection
      id="try"
      title="Try it"
      lead="The packages are installed, the model is loaded as it would be, and its sample is scored. Nothing is deployed, and what is installed is there for the deployment."
    >
      {isScript ? (
        <TextField
          label="Request to try it with"
          hint="JSON. Where it is empty, the sample of the script's @input_schema is taken; without one the script is only loaded."
          rows={3}
          mono
          value={sample}
          onChange={setTyped}
          error={body.ok ? null : body.fault}
          spellCheck="false"
        />
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button busy={isUnderWay} onPress={() => void tryOut()}>
          Try it
        </Button>
        {attempt.phase === 'begun' && isUnderWay ? (
          <Button variant="quiet" onPress={() => void cancel(attempt.id)}>
            Stop
          </Button>
        ) : null}
      </div>
      {attempt.phase === 'refused' ? <ErrorState problem={attempt.problem} title="It could not be tried" /> : null}
      {trial.error ? <ErrorState problem={problemOf(trial.error)} title="The trial could not be followed" /> : null}
      {trial.data ? <TrialProgress trial={trial.data} /> : null}
    </WizardSection>
  );
}

/** What the template takes. */
const FIRST_SAMPLE = '{"input_data": [[1, 2, 3]]}';

/** Such a script brings a sample of its own. */
function describesItsInput({ files, scoringScript }: ScriptForm): boolean {
  return files.some(({ path, text }) => path === scoringScript && text.includes('@input_schema'));
}

function parseSample(text: string): { ok: true; value: unknown } | { ok: false; fault: string } {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, fault: `This is no JSON: ${(error as Error).message}.` };
  }
}

/** Faults that keep a trial from being begun; names of the endpoint do not matter to it. */
const TRIED_FIELDS: ReadonlySet<string> = new Set(['model', 'model-name', 'script', 'packages', 'instance-type']);

function hasEnded(trial: Trial | undefined): boolean {
  return trial !== undefined && trial.finished_at !== null;
}

function useTrial(id: string | null) {
  return useQuery({
    queryKey: ['trials', id],
    enabled: id !== null,
    queryFn: async ({ signal }) => (await import('#lib/queries/scoring.ts')).readTrial(id ?? '', signal),
    refetchInterval: ({ state }) => (hasEnded(state.data) ? false : POLL_MS),
  });
}

/** A model that is not registered yet is described in place. */
function trialBody(draft: ChosenDraft): DeploymentWrite {
  const model = modelOf(draft.model);
  const path = registrationPath(model);
  return { ...deploymentBody(draft), ...(path !== null && { model: { path } }) };
}

function TrialProgress({ trial }: { trial: Trial }) {
  if (trial.finished_at === null) {
    return <ProgressBar label={trial.step} value={trial.progress} detail="" />;
  }
  if (trial.state === 'succeeded') return <TrialAnswer trial={trial} />;
  if (trial.state === 'canceled') return <p className="text-muted">The trial was stopped.</p>;
  return (
    <div className="grid gap-3">
      {trial.error ? <ErrorState problem={trial.error} title="It would not work" /> : null}
      {trial.log_tail.length > 0 ? (
        <CodeBlock label="What it wrote last" code={trial.log_tail.join('\n')} maxHeight="md" wrap />
      ) : null}
    </div>
  );
}

/** The body of the answer; JSON set so that it can be read. */
function sayAnswer(response: unknown): string {
  const body = typeof response === 'object' && response !== null && 'body' in response ? response.body : response;
  if (typeof body !== 'string') return formatJson(body);
  try {
    return formatJson(JSON.parse(body));
  } catch {
    return body;
  }
}

function TrialAnswer({ trial }: { trial: Trial }) {
  const { locale } = usePreferences();
  const { load_seconds: load, score_ms: score, peak_memory_mib: memory } = trial;
  const facts = [
    load === null ? null : `Loaded in ${formatDecimal(load, locale)} s`,
    score === null ? null : `answered in ${formatDecimal(score, locale)} ms`,
    memory === null ? null : `took ${formatDecimal(memory, locale)} MiB at most`,
  ].filter((fact) => fact !== null);
  return (
    <div className="grid gap-3">
      <Note role="status" icon={<CircleCheck size={16} className="text-success" aria-hidden="true" />}>
        <b className="font-medium">{score === null ? 'It loads.' : 'It works.'}</b> {facts.join(', ')}.
        {trial.warnings.map((warning) => (
          <p key={warning} className="mt-1 text-warning">
            {warning}
          </p>
        ))}
      </Note>
      {trial.response === null ? null : (
        <CodeBlock label="Answer to the sample" code={sayAnswer(trial.response)} maxHeight="md" />
      )}
    </div>
  );
}
