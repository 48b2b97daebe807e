import { expect, test } from 'vitest';
import { type KeyPress, pressName, printedKeys, type Shortcut, stepChord } from './shortcuts.ts';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});
const bind = (keys: string): Shortcut => ({ keys, label: keys, group: 'Test', run: () => {} });

test('keys are named with their modifiers, and Alt belongs to the browser', () => {
  expect(pressName(press('k', { ctrlKey: true }))).toBe('Mod+K');
  expect(pressName(press('K', { metaKey: true }))).toBe('Mod+K');
  expect(pressName(press('Enter', { ctrlKey: true }))).toBe('Mod+Enter');
  expect(pressName(press('D', { shiftKey: true }))).toBe('Shift+D');
  expect(pressName(press('?', { shiftKey: true }))).toBe('?');
  expect(pressName(press('f', { altKey: true }))).toBeNull();
});

test('a chord waits for its second key and runs with it', () => {
  const bindings = [bind('g e'), bind('g m'), bind('?')];
  expect(stepChord(bindings, null, 'g')).toEqual({ kind: 'pending', prefix: 'g' });
  expect(stepChord(bindings, 'g', 'e')).toMatchObject({ kind: 'run', shortcut: { keys: 'g e' } });
});

test('a wrong second key counts as a first one', () => {
  const bindings = [bind('g e'), bind('?')];
  expect(stepChord(bindings, 'g', '?')).toMatchObject({ kind: 'run', shortcut: { keys: '?' } });
  expect(stepChord(bindings, 'g', 'x')).toEqual({ kind: 'none' });
});

test('the binding of the page wins over the binding of the shell', () => {
  const shell = bind('c');
  const page = bind('c');
  expect(stepChord([shell, page], null, 'c')).toEqual({ kind: 'run', shortcut: page });
});

test('keys print as they are on the keyboard', () => {
  expect(printedKeys('Mod+K')).toEqual(['Ctrl', 'K']);
  expect(printedKeys('g e')).toEqual(['G', 'E']);
  expect(printedKeys('Mod+Enter', true)).toEqual(['Cmd', 'Enter']);
});
