'use client';

import { type ReactNode, useState } from 'react';
import type { Problem } from '#lib/contracts/problem.ts';
import { Button } from './button.tsx';
import { DialogSurface } from './dialog-surface.tsx';
import { ErrorState } from './error-state.tsx';
import { TextField } from './text-field.tsx';

export interface ConfirmDialogSurfaceProps {
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  /** Consequences, computed from live data. */
  children: ReactNode;
  /** Verb and object: "Delete endpoint". */
  confirmLabel: string;
  /** Must be typed before the button works. */
  typedName?: string;
  isDangerous?: boolean;
  /** Resolves to null when done (the dialog closes) or to the problem, which is shown. */
  onConfirm: () => Promise<Problem | null>;
  footerStart?: ReactNode;
}

/** The open question. Its own module, because few pages ever ask one. */
export function ConfirmDialogSurface({
  onOpenChange,
  title,
  children,
  confirmLabel,
  typedName,
  isDangerous = false,
  onConfirm,
  footerStart,
}: ConfirmDialogSurfaceProps) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const allowed = typedName === undefined || typed.trim() === typedName;

  async function confirm(): Promise<void> {
    setBusy(true);
    const outcome = await onConfirm();
    setBusy(false);
    setProblem(outcome);
    if (outcome === null) onOpenChange(false);
  }

  return (
    <DialogSurface
      onOpenChange={onOpenChange}
      title={title}
      role="alertdialog"
      footerStart={footerStart}
      footer={
        <>
          <Button autoFocus={typedName === undefined} onPress={() => onOpenChange(false)}>
            Cancel
          </Button>
          <Button
            variant={isDangerous ? 'danger-fill' : 'primary'}
            isDisabled={!allowed}
            busy={busy}
            onPress={() => void confirm()}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      <div className="text-muted">{children}</div>
      {typedName === undefined ? null : (
        <TextField
          className="mt-3.5"
          autoFocus
          autoComplete="off"
          label={
            <>
              Type <b className="font-semibold">{typedName}</b> to confirm
            </>
          }
          value={typed}
          onChange={setTyped}
        />
      )}
      {problem ? (
        <div className="mt-4">
          <ErrorState problem={problem} />
        </div>
      ) : null}
    </DialogSurface>
  );
}
