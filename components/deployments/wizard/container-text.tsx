'use client';

import { TextField } from '#components/ui/text-field.tsx';
import type { ContainerForm } from '#lib/deployment-yaml/container-source.ts';
import type { DraftField } from '#lib/deployment-yaml/draft-field.ts';
import type { SectionProps, Wizard } from './use-wizard.ts';

export function changeContainer(wizard: Wizard, changes: Partial<ContainerForm>): void {
  wizard.change({ container: { ...wizard.form.container, ...changes } });
}

type TextKey =
  | 'port'
  | 'scoringPath'
  | 'readinessPath'
  | 'livenessPath'
  | 'probePort'
  | 'grpcPort'
  | 'command'
  | 'variables'
  | 'user'
  | 'mountPath';

interface ContainerTextProps extends SectionProps {
  name: TextKey;
  field: DraftField;
  label: string;
  hint: string;
  placeholder?: string;
  rows?: number;
  className?: string;
}

/** One text about a container. */
export function ContainerText({ wizard, name, field, ...texts }: ContainerTextProps) {
  return (
    <TextField
      {...texts}
      id={`field-${field}`}
      mono
      value={wizard.form.container[name]}
      onChange={(text) => changeContainer(wizard, { [name]: text })}
      error={wizard.faultOf(field)}
      autoComplete="off"
      spellCheck="false"
    />
  );
}

/** Where the files of the model are seen inside the container. */
export function ContainerMountField({ wizard }: SectionProps) {
  return (
    <ContainerText
      wizard={wizard}
      name="mountPath"
      field="container-mount-path"
      className="max-w-90"
      label="Mount it at"
      hint="Read-only. Empty mounts it where AZUREML_MODEL_DIR says."
      placeholder="/models"
    />
  );
}
