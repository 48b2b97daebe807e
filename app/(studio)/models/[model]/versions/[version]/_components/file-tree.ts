import type { ModelFile } from '#lib/contracts/model.ts';

export interface FileFolder {
  name: string;
  folders: FileFolder[];
  files: ModelFile[];
}

/** Files as folders in folders, both in the order of their names. */
export function fileTree(files: readonly ModelFile[]): FileFolder {
  const root: FileFolder = { name: '', folders: [], files: [] };
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const parents = file.path.split('/').slice(0, -1);
    let folder = root;
    for (const name of parents) {
      const next = folder.folders.find((inner) => inner.name === name) ?? { name, folders: [], files: [] };
      if (!folder.folders.includes(next)) folder.folders.push(next);
      folder = next;
    }
    folder.files.push(file);
  }
  return root;
}

const TEXT =
  /(?:^|\/)(?:MLmodel|[^/]+\.(?:txt|md|rst|json|jsonl|ya?ml|toml|cfg|ini|py|pbtxt|csv|tsv|log|html|xml|sh|lock))$/i;
const IMAGE = /\.(?:png|jpe?g|gif|webp|avif)$/i;
/** What a browser shows of one file at most; the API gives no more either. */
const MAX_IMAGE_BYTES = 1024 * 1024;

/** What of a file can be shown, by its name. */
export function previewOf({ path, size_bytes: size }: ModelFile): 'text' | 'image' | 'large_image' | 'none' {
  if (IMAGE.test(path)) return size <= MAX_IMAGE_BYTES ? 'image' : 'large_image';
  return TEXT.test(path) ? 'text' : 'none';
}
