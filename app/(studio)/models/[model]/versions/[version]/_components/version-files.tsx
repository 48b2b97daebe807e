'use client';

import { useQuery } from '@tanstack/react-query';
import { File, Folder } from 'lucide-react';
import { useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import type { ModelFile, ModelVersion } from '#lib/contracts/model.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { modelFileQuery, modelFileUrl } from '#lib/queries/models.ts';
import { type FileFolder, fileTree, previewOf } from './file-tree.ts';

/** The files of a version as folders, with a look into those that people can read. */
export function VersionFiles({ data }: { data: ModelVersion }) {
  const [shown, setShown] = useState<ModelFile | null>(null);
  return (
    <Section title="Files" count={data.files.length}>
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div className="min-w-0 border-t border-line py-1 font-mono text-xs">
          <FolderRows folder={fileTree(data.files)} shown={shown} onShow={setShown} />
        </div>
        {shown ? (
          <FilePreview model={data.name} version={data.version} file={shown} />
        ) : (
          <p className="border-t border-line py-3 text-muted max-lg:hidden">Choose a file to look into it.</p>
        )}
      </div>
    </Section>
  );
}

interface FolderRowsProps {
  folder: FileFolder;
  shown: ModelFile | null;
  onShow: (file: ModelFile) => void;
}

function FolderRows({ folder, shown, onShow }: FolderRowsProps) {
  return (
    <ul>
      {folder.folders.map((inner) => (
        <li key={inner.name}>
          <details open>
            <summary className="flex min-h-7 cursor-pointer items-center gap-2 rounded-sm px-1 hover:bg-raised">
              <Folder size={14} className="shrink-0 text-muted" aria-hidden="true" />
              {inner.name}
            </summary>
            <div className="ms-2.5 border-s border-line ps-2">
              <FolderRows folder={inner} shown={shown} onShow={onShow} />
            </div>
          </details>
        </li>
      ))}
      {folder.files.map((file) => (
        <li key={file.path}>
          <FileRow file={file} isShown={file === shown} onShow={onShow} />
        </li>
      ))}
    </ul>
  );
}

function FileRow({ file, isShown, onShow }: { file: ModelFile; isShown: boolean; onShow: (file: ModelFile) => void }) {
  const { locale } = usePreferences();
  return (
    <button
      type="button"
      aria-pressed={isShown}
      title={`SHA-256 ${file.sha256}`}
      onClick={() => onShow(file)}
      className="flex min-h-7 w-full cursor-pointer items-center gap-2 rounded-sm px-1 text-start hover:bg-raised aria-pressed:bg-accent-wash"
    >
      <File size={14} className="shrink-0 text-muted" aria-hidden="true" />
      <span className="min-w-0 flex-1 truncate">{file.path.split('/').at(-1)}</span>
      <span className="text-muted">
        <Figure {...formatBytes(file.size_bytes, locale)} />
      </span>
    </button>
  );
}

function FilePreview({ model, version, file }: { model: string; version: string; file: ModelFile }) {
  const kind = previewOf(file);
  return (
    <div className="min-w-0 border-t border-line pt-3">
      <p className="mb-2 font-mono text-xs wrap-anywhere">{file.path}</p>
      {kind === 'text' ? <TextPreview model={model} version={version} file={file} /> : null}
      {kind === 'image' ? <ImagePreview model={model} version={version} file={file} /> : null}
      {kind === 'large_image' ? (
        <p className="text-muted">The picture is too large to be shown here. The download of the version holds it.</p>
      ) : null}
      {kind === 'none' ? (
        <p className="text-muted">It is no text and no picture. The download of the version holds it.</p>
      ) : null}
      <p className="mt-2 text-xs break-all text-muted">SHA-256 {file.sha256}</p>
    </div>
  );
}

function TextPreview({ model, version, file }: { model: string; version: string; file: ModelFile }) {
  const { data, error, refetch } = useQuery(modelFileQuery(model, version, file.path));
  if (error) {
    return <ErrorState problem={problemOf(error)} title="The file could not be read" onRetry={() => void refetch()} />;
  }
  if (data === undefined) {
    return (
      <SkeletonRegion label="the file">
        <Skeleton className="h-40 w-full" />
      </SkeletonRegion>
    );
  }
  if (data === null) return <p className="text-muted">It is no text, whatever its name says.</p>;
  return (
    <>
      <CodeBlock label={file.path} code={data.text} maxHeight="lg" />
      {data.isCut ? <p className="mt-1 text-xs text-muted">Only its beginning is shown.</p> : null}
    </>
  );
}

function ImagePreview({ model, version, file }: { model: string; version: string; file: ModelFile }) {
  return (
    // oxlint-disable-next-line nextjs/no-img-element -- a file behind the session, of a size that nobody knows
    <img
      src={modelFileUrl(model, version, file.path)}
      alt={file.path}
      className="max-h-100 max-w-full rounded-md border border-line"
    />
  );
}
