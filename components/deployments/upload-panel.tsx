'use client';

import { File, FolderUp, Pause, Play, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { type ChosenFile, DropZone } from '#components/ui/drop-zone.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ProgressBar } from '#components/ui/progress-bar.tsx';
import { formatBytes } from '#lib/format/bytes.ts';
import { formatElapsed } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import type { Packing } from '#lib/uploads/upload-client.ts';
import { UnfinishedUploads } from './unfinished-uploads.tsx';
import { type UploadControls, type UploadedModel, type UploadState, useUpload } from './use-upload.ts';

export interface UploadPanelProps {
  /** What is chosen; its id is empty until all of it arrived. */
  upload: UploadedModel | null;
  onChange: (upload: UploadedModel | null) => void;
  /** What is asked for; a model when left out. */
  wanted?: WantedUpload;
  /** Files that were chosen elsewhere on the page and are sent from here. */
  incoming?: ChosenFile[] | null;
  onIncomingTaken?: () => void;
  /** Resolves to true for files that belong elsewhere; they are not sent then. */
  takeElsewhere?: (files: ChosenFile[]) => Promise<boolean>;
}

export interface WantedUpload {
  title: string;
  hint: string;
  accept: readonly string[];
  packing: Packing;
  /** One file and no folder. */
  isSingle?: boolean;
}

const MODEL: WantedUpload = {
  title: 'Drop an .onnx file, a folder or an archive',
  hint: 'Zip, tar and tar.gz are unpacked. Weights in files of their own come along when you take the folder. Several gigabytes are fine: an upload goes on after a lost connection or a reload.',
  accept: ['.onnx', '.zip', '.tar', '.gz', '.tgz'],
  packing: 'folder',
};

/** Drop files, watch them travel, pause and go on, also after a reload. */
export function UploadPanel({
  upload,
  onChange,
  wanted = MODEL,
  incoming = null,
  onIncomingTaken,
  takeElsewhere,
}: UploadPanelProps) {
  const controls = useUpload(onChange, wanted.packing);
  const { state } = controls;
  const taken = useRef<ChosenFile[] | null>(null);
  useEffect(() => {
    if (incoming === null || incoming === taken.current) return;
    taken.current = incoming;
    void controls.start(incoming);
    onIncomingTaken?.();
  });
  async function send(files: ChosenFile[]): Promise<void> {
    if (!(await takeElsewhere?.(files))) await controls.start(files);
  }
  if (state.phase !== 'idle') return <Transfer state={state} controls={controls} />;
  if (upload && upload.id !== '') return <Arrived upload={upload} onReplace={() => onChange(null)} />;
  return (
    <div className="grid gap-3">
      {upload ? (
        <p role="status" className="text-warning">
          {upload.filename} had not arrived when this page was left. Choose it again: the upload goes on where it
          stopped, and everything else here is as you left it.
        </p>
      ) : null}
      <DropZone
        title={wanted.title}
        hint={wanted.hint}
        accept={wanted.accept}
        allowsMultiple={!wanted.isSingle}
        allowsFolder={!wanted.isSingle}
        onFiles={(files: ChosenFile[]) => void send(files)}
      />
      <UnfinishedUploads onDiscard={() => upload && onChange(null)} />
    </div>
  );
}

function Transfer({ state, controls }: { state: Exclude<UploadState, { phase: 'idle' }>; controls: UploadControls }) {
  const { locale } = usePreferences();
  const bytes = (value: number): string => figureText(formatBytes(value, locale));
  const share = state.totalBytes === 0 ? 0 : Math.min(1, state.sentBytes / state.totalBytes);
  if (state.phase === 'failed') {
    return (
      <ErrorState
        problem={state.problem}
        title={`${state.filename || 'The selection'} did not arrive`}
        {...(state.problem.status === 422 || state.filename === '' ? {} : { onRetry: controls.resume })}
        actions={
          <Button size="sm" onPress={controls.cancel}>
            Choose another
          </Button>
        }
      />
    );
  }
  const words = {
    sending: `${bytes(state.sentBytes)} of ${bytes(state.totalBytes)}`,
    paused: `paused at ${bytes(state.sentBytes)} of ${bytes(state.totalBytes)}`,
    finishing: 'arrived, being checked',
  }[state.phase];
  return (
    <div className="rounded-lg border border-line p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <FolderUp size={16} className="text-muted" aria-hidden="true" />
        <span className="min-w-0 flex-1 truncate font-medium">{state.filename}</span>
        <TransferButtons phase={state.phase} controls={controls} />
      </div>
      <ProgressBar
        className="mt-3"
        label={`Upload of ${state.filename}`}
        labelHidden
        value={state.phase === 'finishing' ? null : share}
        detail={state.phase === 'sending' && state.rate ? rateWords(state.rate, bytes) : ''}
      />
      <p className="mt-1.5 text-xs text-muted" role="status">
        {words}
      </p>
    </div>
  );
}

function TransferButtons({ phase, controls }: { phase: 'sending' | 'paused' | 'finishing'; controls: UploadControls }) {
  if (phase === 'finishing') return null;
  return (
    <>
      {phase === 'sending' ? (
        <Button size="sm" icon={<Pause size={14} aria-hidden="true" />} onPress={controls.pause}>
          Pause
        </Button>
      ) : (
        <Button size="sm" icon={<Play size={14} aria-hidden="true" />} onPress={controls.resume}>
          Go on
        </Button>
      )}
      <Button size="sm" variant="quiet" icon={<X size={14} aria-hidden="true" />} onPress={controls.cancel}>
        Cancel upload
      </Button>
    </>
  );
}

function rateWords(
  { bytesPerSecond, secondsLeft }: { bytesPerSecond: number; secondsLeft: number },
  bytes: (value: number) => string,
): string {
  return `${bytes(bytesPerSecond)}/s, ${formatElapsed(secondsLeft * 1000)} left`;
}

function Arrived({ upload, onReplace }: { upload: UploadedModel; onReplace: () => void }) {
  const { locale } = usePreferences();
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line px-3.5 py-2.5">
      <File size={16} className="text-muted" aria-hidden="true" />
      <span className="min-w-0 flex-1">
        <span className="font-medium wrap-anywhere">{upload.filename}</span>{' '}
        {upload.sizeBytes > 0 ? (
          <span className="text-muted">{figureText(formatBytes(upload.sizeBytes, locale))}</span>
        ) : null}
      </span>
      <Button size="sm" variant="quiet" onPress={onReplace}>
        Change
      </Button>
    </div>
  );
}
