'use client';

import { useEffect, useRef, useState } from 'react';
import type { ChosenFile } from '#components/ui/drop-zone.tsx';
import type { Problem } from '#lib/contracts/problem.ts';
import { unexpectedProblem } from '#lib/queries/api-problem.ts';
import { createRateMeter, type TransferRate } from '#lib/uploads/transfer-rate.ts';
import type { Packing, RunningUpload } from '#lib/uploads/upload-client.ts';

interface Sending {
  filename: string;
  sentBytes: number;
  totalBytes: number;
}

export type UploadState =
  | { phase: 'idle' }
  | ({ phase: 'sending'; rate: TransferRate | null } & Sending)
  | ({ phase: 'paused' } & Sending)
  /** Every byte is there; the server unpacks and checks. */
  | ({ phase: 'finishing' } & Sending)
  | ({ phase: 'failed'; problem: Problem } & Sending);

/** What was uploaded. `id` is empty until it has all arrived. */
export interface UploadedModel {
  id: string;
  filename: string;
  isFolder: boolean;
  sizeBytes: number;
}

export interface UploadControls {
  state: UploadState;
  start: (files: ChosenFile[]) => Promise<void>;
  pause: () => void;
  resume: () => void;
  cancel: () => void;
}

const IDLE: UploadState = { phase: 'idle' };
const PROGRESS_EVERY_MS = 250;

/** Sends a selection resumably. `onChosen` is called with what was picked and again with its id; with null when it is given up. */
export function useUpload(
  onChosen: (upload: UploadedModel | null) => void,
  packing: Packing = 'folder',
): UploadControls {
  const [state, setState] = useState<UploadState>(IDLE);
  const running = useRef<RunningUpload | null>(null);
  useWarningBeforeLeaving(state.phase === 'sending' || state.phase === 'finishing');
  useEffect(() => () => running.current?.pause(), []);

  async function start(files: ChosenFile[]): Promise<void> {
    // The protocol's code is fetched when somebody uploads.
    const { startUpload, uploadBody } = await import('#lib/uploads/upload-client.ts');
    let body: ReturnType<typeof uploadBody>;
    try {
      body = uploadBody(files, packing);
    } catch (cause) {
      const problem = unexpectedProblem('These files cannot be sent', (cause as Error).message);
      return setState({ phase: 'failed', problem, filename: '', sentBytes: 0, totalBytes: 0 });
    }
    const { filename, isFolder } = body;
    const totalBytes = body.blob.size;
    const chosen = { filename, isFolder, sizeBytes: totalBytes };
    onChosen({ ...chosen, id: '' });
    setState({ phase: 'sending', filename, sentBytes: 0, totalBytes, rate: null });
    const report = throttledProgress((sentBytes, rate) =>
      setState((current) => {
        if (current.phase !== 'sending' && current.phase !== 'finishing') return current;
        const sending = { filename, sentBytes, totalBytes };
        return sentBytes >= totalBytes ? { phase: 'finishing', ...sending } : { phase: 'sending', rate, ...sending };
      }),
    );
    const events = {
      onProgress: report,
      onDone: (id: string) => {
        running.current = null;
        setState(IDLE);
        onChosen({ ...chosen, id });
      },
      onFailed: (problem: Problem) =>
        setState((current) =>
          current.phase === 'idle'
            ? current
            : { phase: 'failed' as const, problem, filename, totalBytes, sentBytes: current.sentBytes },
        ),
    };
    running.current = startUpload(files, body, events, packing);
  }

  return {
    state,
    start,
    pause: () => {
      running.current?.pause();
      setState((current) => (current.phase === 'sending' ? { ...current, phase: 'paused' } : current));
    },
    resume: () => {
      running.current?.resume();
      setState((current) =>
        current.phase === 'paused' || current.phase === 'failed'
          ? { ...withoutProblem(current), phase: 'sending', rate: null }
          : current,
      );
    },
    cancel: () => {
      running.current?.cancel();
      running.current = null;
      setState(IDLE);
      onChosen(null);
    },
  };
}

function withoutProblem({ filename, sentBytes, totalBytes }: Sending): Sending {
  return { filename, sentBytes, totalBytes };
}

/** Progress comes per network packet; people read a few figures per second. The last byte is always reported. */
function throttledProgress(report: (sentBytes: number, rate: TransferRate | null) => void) {
  const measure = createRateMeter();
  let reportedAt = -Infinity;
  return (sentBytes: number, totalBytes: number): void => {
    const now = performance.now();
    const isLast = sentBytes >= totalBytes;
    if (!isLast && now - reportedAt < PROGRESS_EVERY_MS) return;
    reportedAt = now;
    report(sentBytes, measure(now, sentBytes, totalBytes));
  };
}

function useWarningBeforeLeaving(isActive: boolean): void {
  useEffect(() => {
    if (!isActive) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [isActive]);
}
