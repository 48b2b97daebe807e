'use client';

import { Upload } from 'lucide-react';
import type { ReactNode } from 'react';
import type { DropItem } from 'react-aria-components';
import { DropZone as AriaDropZone } from 'react-aria-components/DropZone';
import { Button } from 'react-aria-components/Button';
import { FileTrigger } from 'react-aria-components/FileTrigger';
import { Text } from 'react-aria-components/Text';
import { buttonClasses } from './button-classes.ts';
import { cx } from './class-names.ts';

/** A file and its path inside what was dropped or chosen: `iris/model.onnx`, or just the name. */
export interface ChosenFile {
  path: string;
  file: File;
}

export interface DropZoneProps {
  title: string;
  hint?: ReactNode;
  /** Extensions for the file chooser: `['.onnx', '.zip']`; none takes every file. */
  accept?: readonly string[];
  allowsMultiple?: boolean;
  /** Adds a second button that takes a whole folder. */
  allowsFolder?: boolean;
  onFiles: (files: ChosenFile[]) => void;
  isDisabled?: boolean;
  className?: string;
}

/** Drop, choose or paste files; folders keep their paths. */
export function DropZone({
  title,
  hint,
  accept,
  allowsMultiple = false,
  allowsFolder = false,
  onFiles,
  isDisabled = false,
  className,
}: DropZoneProps) {
  const choose = (list: FileList | null) => {
    const files = [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    if (files.length > 0) onFiles(files);
  };
  return (
    <AriaDropZone
      isDisabled={isDisabled}
      onDrop={(event) => void filesOfDrop(event.items).then((files) => files.length > 0 && onFiles(files))}
      className={cx(
        'grid justify-items-center gap-1 rounded-lg border border-dashed border-control px-6 py-8 text-center transition-colors data-drop-target:border-accent data-drop-target:bg-accent-wash data-focus-visible:outline-2 data-focus-visible:outline-offset-2 data-focus-visible:outline-focus',
        className,
      )}
    >
      <Upload size={20} className="mb-1 text-muted" aria-hidden="true" />
      <Text slot="label" className="font-medium">
        {title}
      </Text>
      {hint ? <p className="max-w-[52ch] text-xs text-muted">{hint}</p> : null}
      <div className="mt-3 flex flex-wrap justify-center gap-2">
        <FileTrigger
          {...(accept && accept.length > 0 ? { acceptedFileTypes: [...accept] } : {})}
          allowsMultiple={allowsMultiple}
          onSelect={choose}
        >
          <Button isDisabled={isDisabled} className={buttonClasses({})}>
            {allowsMultiple ? 'Choose files' : 'Choose a file'}
          </Button>
        </FileTrigger>
        {allowsFolder ? (
          <FileTrigger acceptDirectory onSelect={choose}>
            <Button isDisabled={isDisabled} className={buttonClasses({})}>
              Choose a folder
            </Button>
          </FileTrigger>
        ) : null}
      </div>
    </AriaDropZone>
  );
}

async function filesOfDrop(items: readonly DropItem[]): Promise<ChosenFile[]> {
  const found: ChosenFile[] = [];
  for (const item of items) await collect(item, '', found);
  return found;
}

async function collect(item: DropItem, folder: string, found: ChosenFile[]): Promise<void> {
  if (item.kind === 'file') found.push({ path: `${folder}${item.name}`, file: await item.getFile() });
  if (item.kind !== 'directory') return;
  for await (const entry of item.getEntries()) await collect(entry, `${folder}${item.name}/`, found);
}
