'use client';

import { useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { CodeEditor } from '#components/ui/code-editor.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Note } from '#components/ui/note.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Select } from '#components/ui/select.tsx';
import type { EnvironmentCheckResult } from '#lib/contracts/check.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import type { PackagesKind, ScriptForm } from '#lib/deployment-yaml/script-source.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { environmentsQuery, environmentVersionsQuery } from '#lib/queries/environments.ts';
import { FieldFault } from './field-fault.tsx';
import { changeScript } from './scoring-code-section.tsx';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

const KINDS: readonly { id: PackagesKind; label: string }[] = [
  { id: 'pip', label: 'Requirements' },
  { id: 'conda', label: 'Conda file' },
  { id: 'registered', label: 'Registered environment' },
];

/** What the script imports. */
export function ScoringPackagesSection({ wizard }: SectionProps) {
  const { script } = wizard.form;
  return (
    <WizardSection
      id="packages"
      title="Packages"
      lead="What the script imports besides Python's own library. They are installed once, and shared by deployments that ask for the same."
    >
      <div id="field-packages" tabIndex={-1} className="grid gap-4 outline-none">
        <div>
          <SegmentedControl
            label="How the packages are named"
            options={KINDS}
            value={script.packages}
            onChange={(packages) => changeScript(wizard, { packages })}
          />
        </div>
        {script.packages === 'registered' ? (
          <EnvironmentPicker
            chosen={script.environment}
            onChoose={(environment) => changeScript(wizard, { environment })}
          />
        ) : (
          <PackagesText
            key={script.packages}
            kind={script.packages}
            text={script[script.packages]}
            onChange={(text) => changeScript(wizard, script.packages === 'pip' ? { pip: text } : { conda: text })}
          />
        )}
        <FieldFault message={wizard.faultOf('packages')} />
      </div>
    </WizardSection>
  );
}

function PackagesText({
  kind,
  text,
  onChange,
}: {
  kind: 'pip' | 'conda';
  text: string;
  onChange: (text: string) => void;
}) {
  return (
    <>
      <CodeEditor
        label={kind === 'pip' ? 'requirements.txt' : 'conda.yaml'}
        language={kind === 'pip' ? 'text' : 'yaml'}
        value={text}
        onChange={onChange}
      />
      <PackagesCheck kind={kind} text={text} />
    </>
  );
}

type Checked =
  | { phase: 'idle' | 'working' }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'done'; text: string; result: EnvironmentCheckResult };

/** Asks whether the packages can be had together, before minutes are spent on installing them. */
function PackagesCheck({ kind, text }: { kind: 'pip' | 'conda'; text: string }) {
  const [checked, setChecked] = useState<Checked>({ phase: 'idle' });

  async function check(): Promise<void> {
    setChecked({ phase: 'working' });
    try {
      const { checkPackages } = await import('#lib/queries/scoring.ts');
      const result = await checkPackages(kind === 'pip' ? { pip_requirements: text } : { conda_file: text });
      setChecked({ phase: 'done', text, result });
    } catch (error) {
      setChecked({ phase: 'failed', problem: problemOf(error) });
    }
  }

  return (
    <div className="grid gap-3">
      <div>
        <Button busy={checked.phase === 'working'} onPress={() => void check()}>
          Check the packages
        </Button>
      </div>
      {checked.phase === 'failed' ? (
        <ErrorState problem={checked.problem} title="The packages could not be checked" />
      ) : null}
      {/* Of another text than the one in the editor a result says nothing. */}
      {checked.phase === 'done' && checked.text === text ? <CheckResult result={checked.result} /> : null}
    </div>
  );
}

function CheckResult({ result }: { result: EnvironmentCheckResult }) {
  const { error, packages, python_version: python, warnings } = result;
  if (error) return <ErrorState problem={error} title="These packages cannot be had together" />;
  return (
    <Note role="status" icon={<CircleCheck size={16} className="text-success" aria-hidden="true" />}>
      {packages.length === 0 ? 'Nothing is to be installed' : `${packages.length} packages fit together`}
      {python === null ? '.' : `, on Python ${python}.`}
      {warnings.map((warning) => (
        <p key={warning} className="mt-1 text-warning">
          {warning}
        </p>
      ))}
      {packages.length > 0 ? (
        <details className="mt-1">
          <summary className="w-max cursor-pointer text-accent">Versions</summary>
          <ul className="mt-1 columns-2 gap-6 font-mono text-xs max-md:columns-1">
            {packages.map(({ name, version }) => (
              <li key={name}>
                {name} {version}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </Note>
  );
}

interface EnvironmentPickerProps {
  chosen: ScriptForm['environment'];
  onChoose: (environment: NonNullable<ScriptForm['environment']>) => void;
}

/** An environment of the registry and one of its versions; the newest is chosen with it. */
function EnvironmentPicker({ chosen, onChoose }: EnvironmentPickerProps) {
  const { data: environments, error, refetch } = useQuery(environmentsQuery());
  const { data: versions = [] } = useQuery({
    ...environmentVersionsQuery(chosen?.name ?? ''),
    enabled: chosen !== null,
  });
  if (error) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The environments could not be read"
        onRetry={() => void refetch()}
      />
    );
  }
  const named = environments?.filter(({ anonymous, latest_version: latest }) => !anonymous && latest !== null) ?? [];
  if (environments && named.length === 0) {
    return <p className="text-muted">There are none yet. Name the packages here instead; they become one.</p>;
  }
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Select
        label="Environment"
        placeholder="Choose"
        options={named.map(({ name, kind }) => ({ id: name, label: name, detail: kind.replaceAll('_', ' ') }))}
        value={chosen?.name ?? null}
        onChange={(name) => {
          const latest = named.find((one) => one.name === name)?.latest_version;
          if (latest != null) onChoose({ name, version: latest });
        }}
      />
      {chosen ? (
        <Select
          label="Version"
          options={versions.map(({ version }) => ({ id: version, label: version }))}
          value={chosen.version}
          onChange={(version) => onChoose({ name: chosen.name, version })}
        />
      ) : null}
    </div>
  );
}
