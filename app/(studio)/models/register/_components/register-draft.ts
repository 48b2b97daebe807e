import { assetNameFault } from '#lib/contracts/names.ts';
import type { TagRow } from '../../_components/tag-rows.ts';

/** Where a model is registered from. */
export const SOURCES = ['upload', 'web', 's3', 'mlflow', 'hub', 'host'] as const;
export type Source = (typeof SOURCES)[number];

export interface SourceWords {
  label: string;
  field: string;
  hint: string;
  placeholder: string;
  /** What an address has to begin with. */
  pattern: RegExp;
  fault: string;
}

/** Words of the sources that are given as an address. */
export const SOURCE_WORDS: Record<Exclude<Source, 'upload'>, SourceWords> = {
  web: {
    label: 'Web address',
    field: 'Address',
    hint: 'Of a file or an archive. Zip, tar and tar.gz are unpacked. A signed address is fine; its signature is not kept.',
    placeholder: 'https://example.com/models/iris.zip',
    pattern: /^https?:\/\/[^\s/]+/i,
    fault: 'Begin with https:// or http://',
  },
  s3: {
    label: 'S3',
    field: 'Bucket and prefix or object',
    hint: 'A prefix becomes a folder. Server and credentials are settings of this installation (VIRIDIAN_S3_…).',
    placeholder: 's3://models/iris/v3',
    pattern: /^s3:\/\/[^\s/]+/i,
    fault: 'Begin with s3:// and the bucket',
  },
  mlflow: {
    label: 'MLflow',
    field: 'Model or run',
    hint: 'A registered model by version or alias, or an artifact of a run: runs:/<run id>/model. The server is VIRIDIAN_MLFLOW_TRACKING_URI.',
    placeholder: 'models:/iris@champion',
    pattern: /^(models:\/[^\s/]|runs:\/[^\s/]+\/)/i,
    fault: 'Write models:/<name>/<version>, models:/<name>@<alias> or runs:/<run id>/<path>',
  },
  hub: {
    label: 'Hugging Face',
    field: 'Repository',
    hint: 'Add @ and a branch, tag or commit for another revision than main. Private ones need VIRIDIAN_HF_TOKEN.',
    placeholder: 'hf://owner/repository',
    pattern: /^hf:\/\/[^\s/]+\/[^\s/]+/i,
    fault: 'Write hf://<owner>/<repository>',
  },
  host: {
    label: 'File on this host',
    field: 'Absolute path',
    hint: 'A file or folder inside those that the operator allows (VIRIDIAN_MODEL_PATH_ALLOW).',
    placeholder: '/srv/models/iris',
    pattern: /^\//,
    fault: 'Begin with /',
  },
};

export interface RegisterDraft {
  name: string;
  version: string;
  source: Source;
  /** Per source, so that a change of mind loses nothing. */
  addresses: Partial<Record<Source, string>>;
  uploadId: string;
  description: string;
  stage: string;
  tags: readonly TagRow[];
}

export const newDraft = (name: string): RegisterDraft => ({
  name,
  version: '',
  source: 'upload',
  addresses: {},
  uploadId: '',
  description: '',
  stage: '',
  tags: [],
});

export interface DraftFaults {
  name?: string;
  address?: string;
}

/** What is wrong with a draft before anybody is asked; nothing is said of fields that are still empty. */
export function findFaults({ name, source, addresses }: RegisterDraft): DraftFaults {
  const nameFault = name === '' ? null : assetNameFault(name);
  const address = addresses[source]?.trim() ?? '';
  const words = source === 'upload' ? null : SOURCE_WORDS[source];
  return {
    ...(nameFault !== null && { name: `The name ${nameFault}.` }),
    ...(words !== null && address !== '' && !words.pattern.test(address) && { address: `${words.fault}.` }),
  };
}

/** The `path` that the interface takes; null while there is none. */
export function pathOf({ source, addresses, uploadId }: RegisterDraft): string | null {
  if (source === 'upload') return uploadId === '' ? null : `upload:${uploadId}`;
  const address = addresses[source]?.trim() ?? '';
  if (address === '') return null;
  return source === 'host' ? `file:${address}` : address;
}
