'use client';

import dynamic from 'next/dynamic';
import type { ReactNode } from 'react';
import { CONTEXT_UPLOAD, IMAGE_UPLOAD } from '#components/deployments/wanted-uploads.ts';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { EnvironmentDraft, EnvironmentField } from './environment-draft.ts';

const UploadPanel = dynamic(
  () => import('#components/deployments/upload-panel.tsx').then((module) => module.UploadPanel),
  { ssr: false, loading: () => <Skeleton className="h-40 w-full" /> },
);

export interface OriginFieldsProps {
  draft: EnvironmentDraft;
  change: (changes: Partial<EnvironmentDraft>) => void;
  faultOf: (field: EnvironmentField) => string | null;
}

/** What is asked for, which is another thing for each origin. */
export function EnvironmentOriginFields(props: OriginFieldsProps) {
  const { draft, change, faultOf } = props;
  switch (draft.origin) {
    case 'packages':
      return <PackageFields {...props} />;
    case 'image':
      return <ImageField {...props} hint="With its tag or digest; the digest that comes is pinned." />;
    case 'dockerfile':
      return (
        <>
          <Upload fault={faultOf('context')}>
            <UploadPanel
              key="context"
              upload={draft.context}
              wanted={CONTEXT_UPLOAD}
              onChange={(context) => change({ context })}
            />
          </Upload>
          <TextField
            label="Dockerfile"
            hint="Its path inside what you dropped."
            className="max-w-90"
            mono
            value={draft.dockerfilePath}
            onChange={(dockerfilePath) => change({ dockerfilePath })}
            error={faultOf('dockerfile')}
            spellCheck="false"
          />
        </>
      );
    case 'archive':
      return (
        <Upload fault={faultOf('archive')}>
          <UploadPanel
            key="archive"
            upload={draft.archive}
            wanted={IMAGE_UPLOAD}
            onChange={(archive) => change({ archive })}
          />
        </Upload>
      );
  }
}

function Upload({ fault, children }: { fault: string | null; children: ReactNode }) {
  return (
    <div className="grid gap-1.5">
      {children}
      {fault === null ? null : (
        <p role="alert" className="text-xs text-danger">
          {fault}
        </p>
      )}
    </div>
  );
}

function ImageField({ draft, change, faultOf, hint }: OriginFieldsProps & { hint: string }) {
  return (
    <TextField
      label={draft.origin === 'packages' ? 'Base image' : 'Image'}
      hint={hint}
      mono
      placeholder="registry.example.com/team/base:1.0"
      value={draft.image}
      onChange={(image) => change({ image })}
      error={faultOf('image')}
      autoComplete="off"
      spellCheck="false"
    />
  );
}

function PackageFields(props: OriginFieldsProps) {
  const { draft, change, faultOf } = props;
  const isPip = draft.packages === 'pip';
  return (
    <>
      <SegmentedControl
        label="How the packages are listed"
        options={[
          { id: 'pip', label: 'pip requirements' },
          { id: 'conda', label: 'conda file' },
        ]}
        value={draft.packages}
        onChange={(packages) => change({ packages })}
      />
      <TextField
        label={isPip ? 'Requirements' : 'conda file'}
        hint={
          isPip ? 'One package a line, with its version: scikit-learn==1.9.1' : 'YAML, as “conda env export” writes it.'
        }
        rows={10}
        mono
        value={isPip ? draft.pip : draft.conda}
        onChange={(text) => change(isPip ? { pip: text } : { conda: text })}
        error={faultOf('packages')}
        spellCheck="false"
      />
      <ImageField {...props} hint="Leave it empty for the Python of this host, or of our own image in containers." />
    </>
  );
}
