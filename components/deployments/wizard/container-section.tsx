'use client';

import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { Link } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Select } from '#components/ui/select.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { CONTAINER_EXAMPLES, formOfExample } from '#lib/deployment-yaml/container-examples.ts';
import { type ContainerOrigin, privateRegistryOf, type UploadedFiles } from '#lib/deployment-yaml/container-source.ts';
import { registriesQuery } from '#lib/queries/registries.ts';
import { uploadQuery } from '#lib/queries/uploads.ts';
import type { WantedUpload } from '../upload-panel.tsx';
import type { UploadedModel } from '../use-upload.ts';
import { CONTEXT_UPLOAD, IMAGE_UPLOAD } from '../wanted-uploads.ts';
import { changeContainer } from './container-text.tsx';
import { FieldFault } from './field-fault.tsx';
import type { SectionProps, Wizard } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

const UploadPanel = dynamic(() => import('../upload-panel.tsx').then((module) => module.UploadPanel), {
  ssr: false,
  loading: () => <Skeleton className="h-40 w-full" />,
});

const ORIGINS: readonly { id: ContainerOrigin; label: string }[] = [
  { id: 'image', label: 'Image' },
  { id: 'dockerfile', label: 'Dockerfile' },
  { id: 'archive', label: 'Saved image' },
];

/** Where the image comes from: a registry, a Dockerfile that is built here, or a file. */
export function ContainerSection({ wizard }: SectionProps) {
  const { container } = wizard.form;
  return (
    <WizardSection
      id="container"
      title="Container"
      lead="Any image that answers HTTP. It runs on this host, cut off from other deployments and from what the host serves to itself."
    >
      <ExamplePicker wizard={wizard} />
      <div>
        <SegmentedControl
          label="Where the image comes from"
          options={ORIGINS}
          value={container.origin}
          onChange={(origin) => changeContainer(wizard, { origin })}
        />
      </div>
      {container.origin === 'image' ? <ImageFields wizard={wizard} /> : null}
      {container.origin === 'dockerfile' ? <DockerfileFields wizard={wizard} /> : null}
      {container.origin === 'archive' ? (
        <FilesField
          field="container-archive"
          files={container.archive}
          wanted={IMAGE_UPLOAD}
          onChange={(archive) => changeContainer(wizard, { archive })}
          error={wizard.faultOf('container-archive')}
        />
      ) : null}
    </WizardSection>
  );
}

const NO_EXAMPLE = 'none';

function ExamplePicker({ wizard }: { wizard: Wizard }) {
  const { container } = wizard.form;
  const example = CONTAINER_EXAMPLES.find(({ form }) => form.image === container.image);
  return (
    <Select
      className="max-w-90"
      label="Fill in as for"
      hint={example ? example.note : 'Ports, paths and arguments of servers that people often bring.'}
      options={[{ id: NO_EXAMPLE, label: 'A server of your own' }, ...CONTAINER_EXAMPLES]}
      value={example?.id ?? NO_EXAMPLE}
      onChange={(id) => {
        const chosen = CONTAINER_EXAMPLES.find((one) => one.id === id) ?? null;
        wizard.change({
          container: formOfExample(chosen, container),
          ...(chosen && wizard.form.tab === 'none' && { tab: 'upload' as const }),
        });
      }}
    />
  );
}

function ImageFields({ wizard }: { wizard: Wizard }) {
  const { image } = wizard.form.container;
  return (
    <>
      <TextField
        id="field-container-image"
        label="Image"
        hint="With its tag or digest. It is pulled once, and the digest that came is what stays deployed."
        mono
        placeholder="registry.example.com/team/server:1.0"
        value={image}
        onChange={(next) => changeContainer(wizard, { image: next })}
        error={wizard.faultOf('container-image')}
        autoComplete="off"
        spellCheck="false"
      />
      <RegistryHint image={image} />
    </>
  );
}

/** Of a registry that most likely asks who is there: whether credentials are kept for it. */
function RegistryHint({ image }: { image: string }) {
  const host = privateRegistryOf(image);
  const { data: registries } = useQuery({ ...registriesQuery(), enabled: host !== null });
  if (host === null || registries === undefined) return null;
  const known = registries.find((one) => one.host === host.toLowerCase());
  if (known) {
    return (
      <p className="text-xs text-muted">
        {host} is asked as {known.username}. <Link href="/admin/registries">Credentials of registries</Link>
      </p>
    );
  }
  return (
    <Note>
      No credentials are kept for {host}. If it does not serve this image to everybody,{' '}
      <Link look="prose" href={`/admin/registries?add=${encodeURIComponent(host)}`}>
        add them first
      </Link>
      .
    </Note>
  );
}

function DockerfileFields({ wizard }: { wizard: Wizard }) {
  const { container } = wizard.form;
  return (
    <>
      <FilesField
        field="container-context"
        files={container.context}
        wanted={CONTEXT_UPLOAD}
        onChange={(context) => changeContainer(wizard, { context })}
        error={wizard.faultOf('container-context')}
      />
      <TextField
        id="field-container-dockerfile"
        className="max-w-90"
        label="Dockerfile"
        hint="Its path inside what you dropped."
        mono
        value={container.dockerfilePath}
        onChange={(dockerfilePath) => changeContainer(wizard, { dockerfilePath })}
        error={wizard.faultOf('container-dockerfile')}
        autoComplete="off"
        spellCheck="false"
      />
      <DockerfileCheck context={container.context} path={container.dockerfilePath.trim()} />
    </>
  );
}

/** Whether the upload holds the Dockerfile, told before anything is made. */
function DockerfileCheck({ context, path }: { context: UploadedFiles | null; path: string }) {
  const id = context && context.stored === undefined ? context.id : '';
  const { data } = useQuery({ ...uploadQuery(id), enabled: id !== '' });
  if (data === undefined || data.entries.some((file) => file.path === path)) return null;
  const found = data.entries
    .filter((file) => /(?:^|\/)[^/]*dockerfile[^/]*$/i.test(file.path))
    .map((file) => file.path);
  return (
    <Note tone="warning">
      There is no {path} in it.{' '}
      {found.length > 0
        ? `It holds ${found.slice(0, 3).join(', ')}. COPY and ADD start at the top of what you dropped, so drop the folder in which the Dockerfile lies.`
        : 'Nothing in it looks like a Dockerfile.'}
    </Note>
  );
}

interface FilesFieldProps {
  field: 'container-context' | 'container-archive';
  files: UploadedFiles | null;
  wanted: WantedUpload;
  onChange: (files: UploadedModel | null) => void;
  error: string | null;
}

function FilesField({ field, files, wanted, onChange, error }: FilesFieldProps) {
  return (
    <div id={`field-${field}`} tabIndex={-1} className="grid gap-3 outline-none">
      <UploadPanel key={field} upload={files} wanted={wanted} onChange={onChange} />
      <FieldFault message={error} />
    </div>
  );
}
