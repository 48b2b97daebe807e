import type { EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
import { parseImageReference } from '#lib/contracts/image-reference.ts';
import { assetNameFault } from '#lib/contracts/names.ts';
import type { UploadedModel } from '#components/deployments/use-upload.ts';

export type EnvironmentOrigin = 'packages' | 'image' | 'dockerfile' | 'archive';

/** What somebody typed about an environment. What another origin asks for is kept, so that looking at it loses nothing. */
export interface EnvironmentDraft {
  name: string;
  origin: EnvironmentOrigin;
  /** Base of the packages, or the whole of it; empty means the Python of this host. */
  image: string;
  packages: 'pip' | 'conda';
  pip: string;
  conda: string;
  context: UploadedModel | null;
  dockerfilePath: string;
  archive: UploadedModel | null;
  description: string;
}

export type EnvironmentField = 'name' | 'image' | 'packages' | 'context' | 'dockerfile' | 'archive';

export function environmentBody(draft: EnvironmentDraft): EnvironmentVersionWrite {
  const description = draft.description.trim();
  return { ...definitionOf(draft), ...(description !== '' && { description }) };
}

function definitionOf({ origin, ...draft }: EnvironmentDraft): EnvironmentVersionWrite {
  const image = draft.image.trim();
  switch (origin) {
    case 'packages':
      return {
        ...(image !== '' && { image }),
        ...(draft.packages === 'pip' ? { pip_requirements: draft.pip } : { conda_file: draft.conda }),
      };
    case 'image':
      return { image };
    case 'dockerfile':
      return { build: { path: `upload:${draft.context?.id}`, dockerfile_path: draft.dockerfilePath.trim() } };
    case 'archive':
      return { image_archive: `upload:${draft.archive?.id}` };
  }
}

/** What keeps it from being written, by field. */
export function environmentFaults(draft: EnvironmentDraft): Partial<Record<EnvironmentField, string>> {
  const nameFault = assetNameFault(draft.name.trim());
  return { ...(nameFault !== null && { name: `The name ${nameFault}.` }), ...definitionFaults(draft) };
}

function definitionFaults(draft: EnvironmentDraft): Partial<Record<EnvironmentField, string>> {
  const image = draft.image.trim();
  const parsed = parseImageReference(image);
  const imageFault = parsed.kind === 'refused' ? { image: parsed.reason } : {};
  switch (draft.origin) {
    case 'packages':
      return {
        ...(image !== '' && imageFault),
        ...((draft.packages === 'pip' ? draft.pip : draft.conda).trim() === '' && {
          packages: 'Write at least one package.',
        }),
      };
    case 'image':
      return imageFault;
    case 'dockerfile':
      return {
        ...(!draft.context?.id && { context: 'Choose the folder with the Dockerfile, and let it arrive.' }),
        ...(draft.dockerfilePath.trim() === '' && { dockerfile: 'Name the Dockerfile inside the folder.' }),
      };
    case 'archive':
      return draft.archive?.id ? {} : { archive: 'Choose the file that "docker save" wrote, and let it arrive.' };
  }
}

/** The page's field behind a JSON pointer in a refusal; null when none is. */
export function fieldOfEnvironmentPointer(pointer: string): EnvironmentField | null {
  if (pointer.startsWith('/build/dockerfile_path')) return 'dockerfile';
  if (pointer.startsWith('/build')) return 'context';
  if (pointer.startsWith('/image_archive')) return 'archive';
  if (pointer.startsWith('/image')) return 'image';
  if (pointer.startsWith('/conda_file') || pointer.startsWith('/pip_requirements')) return 'packages';
  return pointer === '/name' || pointer === '?name' ? 'name' : null;
}
