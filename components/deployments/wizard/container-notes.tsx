'use client';

import { ShieldCheck } from 'lucide-react';
import { Note } from '#components/ui/note.tsx';
import type { ContainerForm } from '#lib/deployment-yaml/container-source.ts';
import { chooseUpdateStrategy } from '#lib/rollout/update-strategy.ts';
import type { SectionProps, Wizard } from './use-wizard.ts';

/** What a container may and may not do, and how an update of it goes, before anything is made. */
export function ContainerNotes({ wizard }: SectionProps) {
  const { container } = wizard.form;
  return (
    <div className="grid gap-3">
      <Note icon={<ShieldCheck size={16} aria-hidden="true" />}>
        <b className="font-medium">How it is kept apart.</b>
        <ul className="mt-1 list-disc ps-4">
          {isolationWords(container).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Note>
      {container.isRootReadOnly ? null : (
        <Note tone="warning">
          The root file system can be written: what a caller gets the server to write stays until the instance is gone.
        </Note>
      )}
      {wizard.form.edits === null ? null : <UpdateNote wizard={wizard} />}
    </div>
  );
}

function isolationWords({ isRootReadOnly, user }: ContainerForm): string[] {
  return [
    isRootReadOnly
      ? 'Its root file system is read-only; /tmp can be written, to a limit.'
      : 'It has a /tmp of limited size.',
    user.trim() === '' ? 'It runs as the user that the image names.' : `It runs as user ${user.trim()}.`,
    'It has no capabilities and cannot gain any; memory and processors are those of the instance type.',
    'The model is mounted read-only. Other deployments, and what this host serves to itself, cannot be reached.',
  ];
}

/** Whether new instances start beside the old ones, or in their place. */
function UpdateNote({ wizard: { draft, facts, instanceType } }: { wizard: Wizard }) {
  if (!instanceType || facts.hostGpus === null) return null;
  const isSurge = chooseUpdateStrategy(instanceType.gpus, draft.instanceCount, facts.hostGpus) === 'surge';
  return (
    <Note tone={isSurge ? 'neutral' : 'warning'}>
      <b className="font-medium">{isSurge ? 'Updated beside the old instances.' : 'Updated in place.'}</b>{' '}
      {isSurge
        ? 'New instances start first and old ones go as new ones answer, so there are never fewer than wanted. If the new ones never get ready, the old ones stay.'
        : 'This host has no GPU for a second instance, so the old one goes before the new one starts. Callers wait in the queue meanwhile. If the new one never gets ready, the old one comes back.'}
    </Note>
  );
}
