'use client';

import { useEffect, useRef } from 'react';
import { CHORD_TIMEOUT_MS, pressName, type Shortcut, stepChord } from './shortcuts.ts';

const registered = new Set<{ current: readonly Shortcut[] }>();

/** Bindings in force, oldest first. */
export function activeShortcuts(): Shortcut[] {
  return [...registered].flatMap((bindings) => bindings.current);
}

/** Binds keys while the component is on the page. The bindings of the newest component win. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const bindings = useRef(shortcuts);
  useEffect(() => {
    bindings.current = shortcuts;
  });
  useEffect(() => {
    registered.add(bindings);
    return () => void registered.delete(bindings);
  }, []);
}

const SINGLE_KEYS_ITEM = 'viridian.single-keys';

/** Single-key shortcuts can be turned off (WCAG 2.1.4); those with Ctrl stay. */
export function singleKeysEnabled(): boolean {
  return localStorage.getItem(SINGLE_KEYS_ITEM) !== 'off';
}

export function setSingleKeysEnabled(enabled: boolean): void {
  localStorage.setItem(SINGLE_KEYS_ITEM, enabled ? 'on' : 'off');
}

/** Listens for every registered shortcut. Used once, by the shell. `onPending` gets the first key of a chord, then null. */
export function useShortcutListener(onPending: (prefix: string | null) => void): void {
  useEffect(() => {
    let prefix: string | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    function setPrefix(next: string | null): void {
      clearTimeout(timer);
      prefix = next;
      onPending(next);
      if (next !== null) timer = setTimeout(() => setPrefix(null), CHORD_TIMEOUT_MS);
    }
    function onKeyDown(event: KeyboardEvent): void {
      const name = pressName(event);
      if (name === null || event.defaultPrevented || event.repeat) return;
      const single = !name.startsWith('Mod+');
      if (single && (isTyping(event.target) || isInDialog() || !singleKeysEnabled())) return;
      const step = stepChord(activeShortcuts(), prefix, name);
      setPrefix(step.kind === 'pending' ? step.prefix : null);
      if (step.kind !== 'run') return;
      event.preventDefault();
      step.shortcut.run();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', onKeyDown);
    };
  }, [onPending]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const takesText =
    'input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true], [role=listbox], [role=menu]';
  return target.closest(takesText) !== null;
}

function isInDialog(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog]') !== null;
}
