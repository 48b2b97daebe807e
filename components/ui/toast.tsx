'use client';

import { Check, CircleAlert, X } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import { IconButton } from './icon-button.tsx';

export interface ToastMessage {
  text: string;
  tone?: 'success' | 'danger';
  action?: { label: string; onPress: () => void };
}

interface ShownToast extends ToastMessage {
  id: number;
}

const LIFE_MS = 10_000;
const MAX_SHOWN = 3;

let shown: readonly ShownToast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const NONE: readonly ShownToast[] = [];

function publish(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Shows a line for ten seconds. Never the only place where an error is told; an Undo also lives in the history. */
export function toast(message: ToastMessage): void {
  publish([...shown, { ...message, id: nextId++ }].slice(-MAX_SHOWN));
}

function dismiss(id: number): void {
  publish(shown.filter((one) => one.id !== id));
}

/** Mounted once, in the shell. Ours, because sonner writes a `<style>` that the Content-Security-Policy refuses. */
export function Toaster() {
  const toasts = useSyncExternalStore(
    subscribe,
    () => shown,
    () => NONE,
  );
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed end-4 bottom-4 z-60 grid justify-items-end gap-2 max-md:start-4"
    >
      {toasts.map((one) => (
        <ToastRow key={one.id} message={one} />
      ))}
    </section>
  );
}

function ToastRow({ message }: { message: ShownToast }) {
  const { id, text, tone = 'success', action } = message;
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), LIFE_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div className="pointer-events-auto flex min-h-11 w-max max-w-[min(560px,calc(100vw-32px))] items-center gap-2.5 rounded-lg bg-overlay py-1.5 ps-3.5 pe-2 shadow-pop">
      {tone === 'success' ? (
        <Check size={16} className="text-success" aria-hidden="true" />
      ) : (
        <CircleAlert size={16} className="text-danger" aria-hidden="true" />
      )}
      <span className="min-w-0">{text}</span>
      {action ? (
        <Button
          variant="quiet"
          size="sm"
          className="text-accent!"
          onPress={() => {
            action.onPress();
            dismiss(id);
          }}
        >
          {action.label}
        </Button>
      ) : null}
      <IconButton
        label="Dismiss"
        size="sm"
        tooltip={false}
        icon={<X size={14} aria-hidden="true" />}
        onPress={() => dismiss(id)}
      />
    </div>
  );
}
