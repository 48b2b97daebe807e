'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { DEFAULT_DOCKERFILE_PATH } from '#lib/contracts/deployment-defaults.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { buildEnvironment, createEnvironmentVersion } from '../actions.ts';
import {
  type EnvironmentDraft,
  environmentBody,
  environmentFaults,
  type EnvironmentField,
  type EnvironmentOrigin,
  fieldOfEnvironmentPointer,
} from './environment-draft.ts';
import { EnvironmentOriginFields } from './environment-origin-fields.tsx';
import { environmentPath } from './environment-words.ts';

const ORIGINS: readonly { id: EnvironmentOrigin; label: string }[] = [
  { id: 'packages', label: 'Python packages' },
  { id: 'image', label: 'Image' },
  { id: 'dockerfile', label: 'Dockerfile' },
  { id: 'archive', label: 'Saved image' },
];

const EMPTY: EnvironmentDraft = {
  name: '',
  origin: 'packages',
  image: '',
  packages: 'pip',
  pip: '',
  conda: 'channels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n  - pip: []\n',
  context: null,
  dockerfilePath: DEFAULT_DOCKERFILE_PATH,
  archive: null,
  description: '',
};

/**
 * Writes a version and begins its build.
 * @param name of the environment that gets another version; null makes a new one
 */
export function EnvironmentForm({ name }: { name: string | null }) {
  const [draft, setDraft] = useState<EnvironmentDraft>({ ...EMPTY, name: name ?? '' });
  const { submit, busy, problem, faultOf, forget } = useWriting(draft);

  function change(changes: Partial<EnvironmentDraft>): void {
    forget();
    setDraft((current) => ({ ...current, ...changes }));
  }

  return (
    <>
      <PageHead title={name === null ? 'New environment' : `New version of ${name}`} />
      <form onSubmit={submit} noValidate className="grid max-w-180 gap-5">
        <TextField
          label="Name"
          hint="A version gets the next number; it never changes, and deployments name it."
          className="max-w-90"
          value={draft.name}
          onChange={(next) => change({ name: next })}
          error={faultOf('name')}
          isReadOnly={name !== null}
          autoComplete="off"
          spellCheck="false"
        />
        <SegmentedControl
          label="What it is made from"
          options={ORIGINS}
          value={draft.origin}
          onChange={(origin) => change({ origin })}
        />
        <EnvironmentOriginFields draft={draft} change={change} faultOf={faultOf} />
        <TextField
          label="Description"
          hint="Shown in lists. Leave it empty if the name says enough."
          value={draft.description}
          onChange={(description) => change({ description })}
          maxLength={4096}
        />
        {problem ? <ErrorState problem={problem} title="The version was not written" /> : null}
        <div>
          <Button type="submit" variant="primary" busy={busy}>
            Write and build
          </Button>
        </div>
      </form>
    </>
  );
}

function useWriting(draft: EnvironmentDraft) {
  const router = useRouter();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [showsFaults, setShowsFaults] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const faults = environmentFaults(draft);

  async function write(): Promise<void> {
    setBusy(true);
    const result = await createEnvironmentVersion(draft.name.trim(), environmentBody(draft));
    if (!result.ok) {
      setProblem(result.problem);
      return setBusy(false);
    }
    const { name, version } = result.data;
    // Whether it could be begun shows on the page of the version, which has the same button.
    await buildEnvironment(name, version, false);
    await client.invalidateQueries({ queryKey: keys.environments.all() });
    router.push(environmentPath(name, version));
  }

  return {
    busy,
    problem,
    forget: () => setProblem(null),
    faultOf: (field: EnvironmentField): string | null =>
      problem?.errors?.find(({ path }) => fieldOfEnvironmentPointer(path) === field)?.message ??
      (showsFaults ? (faults[field] ?? null) : null),
    submit: (event: FormEvent): void => {
      event.preventDefault();
      setShowsFaults(true);
      if (!busy && Object.keys(faults).length === 0) void write();
    },
  };
}
