'use client';

import { CircleCheck, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { CodeEditor } from '#components/ui/code-editor.tsx';
import { type ChosenFile, DropZone } from '#components/ui/drop-zone.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Note } from '#components/ui/note.tsx';
import { Select } from '#components/ui/select.tsx';
import type { CodeFile, ScriptForm } from '#lib/deployment-yaml/script-source.ts';
import { FieldFault } from './field-fault.tsx';
import { fillFromDrop } from './scoring-drop.ts';
import type { ScriptProblem } from './use-scoring-code.ts';
import type { SectionProps, Wizard } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

const NO_PROBLEMS: readonly ScriptProblem[] = [];

export function changeScript(wizard: Wizard, changes: Partial<ScriptForm>): void {
  wizard.change({ script: { ...wizard.form.script, ...changes } });
}

/** The scoring script: written here, or brought as files. */
export function ScoringCodeSection({ wizard }: SectionProps) {
  const { script } = wizard.form;
  return (
    <WizardSection
      id="code"
      title="Code"
      lead="A Python file with init(), which loads what is needed once, and run(), which answers each request."
    >
      {script.stored === null ? <WrittenCode wizard={wizard} /> : <StoredCode wizard={wizard} />}
      <CodeDrop wizard={wizard} />
    </WizardSection>
  );
}

/** Code that cannot all be shown as text: it is kept as it is until other code is brought. */
function StoredCode({ wizard }: SectionProps) {
  return (
    <Note>
      The code of this deployment stays as it is, with{' '}
      <span className="font-mono text-xs">{wizard.form.script.scoringScript}</span> as its script: not all of it is text
      that could be edited here. Bring files to put others in its place.
    </Note>
  );
}

function WrittenCode({ wizard }: SectionProps) {
  const { script } = wizard.form;
  const [path, setPath] = useState(script.scoringScript);
  const shown = script.files.find((file) => file.path === path) ?? script.files[0];
  if (!shown) return <FieldFault message={wizard.faultOf('script')} />;
  const { verdict } = wizard.code;
  const problems = verdict.phase === 'checked' && verdict.script === shown.path ? verdict.problems : NO_PROBLEMS;
  return (
    <div className="grid gap-3">
      <FileBar wizard={wizard} shown={shown} onShow={setPath} />
      <CodeEditor
        id="field-script"
        key={shown.path}
        label={shown.path}
        labelHidden={script.files.length > 1}
        language={languageOf(shown.path)}
        value={shown.text}
        onChange={(text) => changeScript(wizard, { files: withText(script.files, shown.path, text) })}
        remarks={problems}
        error={wizard.faultOf('script')}
        hint="Tab indents; press Escape first to leave with Tab."
      />
      <CheckBar wizard={wizard} />
    </div>
  );
}

/** Nothing to choose while there is one file. */
function FileBar({ wizard, shown, onShow }: SectionProps & { shown: CodeFile; onShow: (path: string) => void }) {
  const { files, scoringScript } = wizard.form.script;
  if (files.length < 2) return null;
  const scripts = files.filter(({ path }) => path.endsWith('.py'));
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Select
        className="min-w-60"
        label="File"
        options={files.map(({ path }) => ({ id: path, label: path }))}
        value={shown.path}
        onChange={onShow}
      />
      <Select
        className="min-w-60"
        label="Scoring script"
        options={scripts.map(({ path }) => ({ id: path, label: path }))}
        value={scripts.some(({ path }) => path === scoringScript) ? scoringScript : null}
        placeholder="Choose"
        onChange={(path) => changeScript(wizard, { scoringScript: path })}
      />
      <Button
        variant="quiet"
        icon={<X size={14} aria-hidden="true" />}
        onPress={() => changeScript(wizard, { files: files.filter(({ path }) => path !== shown.path) })}
      >
        Remove {shown.path}
      </Button>
    </div>
  );
}

function CheckBar({ wizard }: SectionProps) {
  const { verdict, prepare } = wizard.code;
  return (
    <div className="grid gap-3">
      <div>
        <Button busy={verdict.phase === 'working'} onPress={() => void prepare(wizard.form.script)}>
          Check the script
        </Button>
      </div>
      {verdict.phase === 'failed' ? (
        <ErrorState problem={verdict.problem} title="The script could not be checked" />
      ) : null}
      {verdict.phase === 'checked' ? <Verdict script={verdict.script} problems={verdict.problems} /> : null}
    </div>
  );
}

function Verdict({ script, problems }: { script: string; problems: readonly ScriptProblem[] }) {
  if (problems.length === 0) {
    return (
      <Note role="status" icon={<CircleCheck size={16} className="text-success" aria-hidden="true" />}>
        {script} can be read, and has init() and run(). It runs for the first time when it is tried or deployed.
      </Note>
    );
  }
  return (
    <Note tone="danger" role="alert">
      <b className="font-medium">{script} would not start.</b>
      <ul className="mt-1">
        {problems.map(({ line, message }) => (
          <li key={`${line} ${message}`}>{line === null ? message : `Line ${line}: ${message}`}</li>
        ))}
      </ul>
    </Note>
  );
}

function CodeDrop({ wizard }: SectionProps) {
  const [fault, setFault] = useState<string | null>(null);
  async function bring(files: ChosenFile[]): Promise<void> {
    try {
      setFault(await fillFromDrop(wizard, files));
    } catch (error) {
      setFault((error as Error).message);
    }
  }
  return (
    <div className="grid gap-2">
      <DropZone
        title="Or drop a folder of code"
        hint="A conda or requirements file in it fills in the packages, and files that are no text become the model. The output folder of AutoML is taken as it is."
        allowsMultiple
        allowsFolder
        onFiles={(files) => void bring(files)}
      />
      <FieldFault message={fault} />
    </div>
  );
}

function withText(files: readonly CodeFile[], path: string, text: string): CodeFile[] {
  return files.map((file) => (file.path === path ? { path, text } : file));
}

function languageOf(path: string): 'python' | 'yaml' | 'text' {
  if (/\.pyi?$/.test(path)) return 'python';
  return /\.ya?ml$/.test(path) ? 'yaml' : 'text';
}
