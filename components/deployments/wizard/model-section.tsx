'use client';

import dynamic from 'next/dynamic';
import { useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import type { ChosenFile } from '#components/ui/drop-zone.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { ModelFile } from '#lib/contracts/model.ts';
import type { ModelSource } from '#lib/deployment-yaml/model-source.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import type { WantedUpload } from '../upload-panel.tsx';
import { DetectedFacts, SampleRequest, SignatureTable } from '../detected-model.tsx';
import { ContainerMountField } from './container-text.tsx';
import { FieldFault } from './field-fault.tsx';
import { SamplePicker } from './sample-picker.tsx';
import type { ModelFacts } from './use-model-facts.ts';
import type { SectionProps, Wizard } from './use-wizard.ts';
import type { DeployMethod, ModelTab } from './wizard-form.ts';
import { WizardSection } from './wizard-section.tsx';

/** Filtering lists and sending files take code that whoever takes the sample does without. */
const RegisteredPicker = dynamic(() => import('./registered-picker.tsx').then((module) => module.RegisteredPicker), {
  ssr: false,
  loading: () => <Skeleton className="h-15 w-full" />,
});
const UploadPanel = dynamic(() => import('../upload-panel.tsx').then((module) => module.UploadPanel), {
  ssr: false,
  loading: () => <Skeleton className="h-40 w-full" />,
});

const TAB_LABELS: Readonly<Record<ModelTab, string>> = {
  none: 'None',
  sample: 'Bundled sample',
  upload: 'Upload',
  registered: 'Registered',
};

/** The bundled models are made for what needs nothing else. */
const TABS: Readonly<Partial<Record<DeployMethod, readonly ModelTab[]>>> = {
  'no-code': ['sample', 'upload', 'registered'],
  'low-code': ['none', 'sample', 'upload', 'registered'],
  container: ['none', 'upload', 'registered'],
};

const WANTED: WantedUpload = {
  title: 'Drop a model: an .onnx file, a folder or an archive',
  hint: 'ONNX with its weights, a folder that MLflow saved, a Triton repository. Zip, tar and tar.gz are unpacked. Several gigabytes are fine: an upload goes on after a lost connection or a reload.',
  accept: ['.onnx', '.pkl', '.zip', '.tar', '.gz', '.tgz'],
  packing: 'folder',
};

/** Somebody else's server reads what we cannot judge. */
const WANTED_BY_CONTAINER: WantedUpload = {
  title: 'Drop the files of the model: a file, a folder or an archive',
  hint: 'Any files that the server reads. Zip, tar and tar.gz are unpacked. Several gigabytes are fine: an upload goes on after a lost connection or a reload.',
  accept: [],
  packing: 'folder',
};

const IN_SERVER = 'A bundled sample, files of your own, or a registered version.';
const LEADS: Readonly<Partial<Record<DeployMethod, string>>> = {
  'low-code': 'Files that the script loads, if it needs any: AZUREML_MODEL_DIR is the folder that holds them.',
  container: 'Files that the container reads, if it needs any: they are mounted into it and kept as a version.',
};

/** Which model: a bundled one, files of one's own, or a version in the registry; then what was found inside. */
export function ModelSection({ wizard }: SectionProps) {
  const { form, change, faultOf, facts } = wizard;
  const choose = (model: ModelSource | null): void => change({ model });
  const tabs = (TABS[form.method] ?? []).map((id) => ({ id, label: TAB_LABELS[id] }));
  const [hasUploadTab, setHasUploadTab] = useState(form.tab === 'upload');
  // Also where the tab is shown for files that were dropped elsewhere on the page.
  if (form.tab === 'upload' && !hasUploadTab) setHasUploadTab(true);

  return (
    <WizardSection id="model" title="Model" lead={LEADS[form.method] ?? IN_SERVER}>
      <div id="field-model" tabIndex={-1} className="grid gap-4 outline-none">
        <div>
          <SegmentedControl
            label="Where the model comes from"
            options={tabs}
            value={form.tab}
            onChange={(tab) => change({ tab })}
          />
        </div>
        {form.tab === 'sample' ? <SamplePicker model={form.model} onChoose={choose} /> : null}
        {form.tab === 'registered' ? <RegisteredPicker model={form.model} onChoose={choose} /> : null}
        {/* Stays mounted, so that an upload goes on while somebody looks at the other tabs. */}
        {hasUploadTab ? (
          <div hidden={form.tab !== 'upload'}>
            <UploadPanel
              upload={form.model?.kind === 'upload' ? form.model : null}
              onChange={wizard.chooseUpload}
              wanted={form.method === 'container' ? WANTED_BY_CONTAINER : WANTED}
              incoming={wizard.incoming}
              onIncomingTaken={() => wizard.sendModel(null)}
              {...(form.method === 'no-code' && { takeElsewhere: (files) => takeScript(wizard, files) })}
            />
          </div>
        ) : null}
        <FieldFault message={faultOf('model')} />
      </div>
      {isShown(form.model, form.tab) ? <FoundInside facts={facts.model} isServedHere={isServedHere(wizard)} /> : null}
      {form.model?.kind === 'upload' && form.tab === 'upload' ? (
        <ModelName name={form.model.name} onChange={wizard.renameUpload} error={faultOf('model-name')} />
      ) : null}
      {form.method === 'container' && form.tab !== 'none' ? <ContainerMountField wizard={wizard} /> : null}
    </WizardSection>
  );
}

/** The code that tells scripts from models is fetched with the first drop. */
async function takeScript(wizard: Wizard, files: ChosenFile[]): Promise<boolean> {
  const { takeDroppedScript } = await import('./scoring-drop.ts');
  return takeDroppedScript(wizard, files);
}

/** A script makes use of what nothing else could serve. */
function isServedHere({ form, facts }: Wizard): boolean {
  return form.method === 'no-code' || (form.method === 'low-code' && facts.model.detected?.servable === true);
}

/** What was chosen on one tab is not shown under another. */
function isShown(model: ModelSource | null, tab: ModelTab): boolean {
  return model !== null && model.kind === tab;
}

function ModelName({
  name,
  onChange,
  error,
}: {
  name: string;
  onChange: (name: string) => void;
  error: string | null;
}) {
  return (
    <TextField
      id="field-model-name"
      className="max-w-90"
      label="Register it as"
      hint="It becomes the next version of the model of this name, or the first."
      value={name}
      onChange={onChange}
      error={error}
      autoComplete="off"
      spellCheck="false"
    />
  );
}

/** What a model is matters to our own servers; somebody else's only gets the files. */
function FoundInside({ facts, isServedHere }: { facts: ModelFacts; isServedHere: boolean }) {
  const { detected, isLoading, problem, retry, files } = facts;
  const [showsMore, setShowsMore] = useState(false);
  if (isLoading) {
    return (
      <SkeletonRegion label="what is inside the model">
        <Skeleton className="h-15 w-full" />
      </SkeletonRegion>
    );
  }
  if (problem) return <ErrorState problem={problem} title="The model could not be read" onRetry={retry} />;
  if (detected === null) return null;
  return (
    <div className="grid min-w-0 gap-3">
      <FileList files={files} />
      {isServedHere ? <DetectedFacts detected={detected} /> : null}
      {isServedHere && detected.servable ? (
        <details open={showsMore} onToggle={(event) => setShowsMore(event.currentTarget.open)}>
          <summary className="w-max cursor-pointer py-1 text-accent">Signature and a sample request</summary>
          <div className="mt-2 grid gap-3">
            <SignatureTable detected={detected} />
            <SampleRequest detected={detected} />
          </div>
        </details>
      ) : null}
    </div>
  );
}

const SHOWN_FILES = 6;

/** Files of the model, the largest first, as the disk sees them. */
export function FileList({ files }: { files: readonly ModelFile[] }) {
  const { locale } = usePreferences();
  if (files.length === 0) return null;
  const sorted = files.toSorted((a, b) => b.size_bytes - a.size_bytes);
  const rest = sorted.slice(SHOWN_FILES);
  return (
    <ul aria-label="Files" className="border-t border-line font-mono text-xs">
      {sorted.slice(0, SHOWN_FILES).map((file) => (
        <li key={file.path} className="flex min-h-7 items-center gap-3 border-b border-line">
          <span className="min-w-0 flex-1 truncate">{file.path}</span>
          <span className="text-muted">{figureText(formatBytes(file.size_bytes, locale))}</span>
        </li>
      ))}
      {rest.length > 0 ? (
        <li className="flex min-h-7 items-center border-b border-line text-muted">{rest.length} more</li>
      ) : null}
    </ul>
  );
}
