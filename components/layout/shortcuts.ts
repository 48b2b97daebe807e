/** A key or a chord of two: `g e`, `?`, `[`, `Shift+D`, `Mod+K` (Ctrl, or Command on a Mac). */
export interface Shortcut {
  keys: string;
  label: string;
  group: string;
  run: () => void;
}

/** A chord's second key has to come within this time. */
export const CHORD_TIMEOUT_MS = 1_200;

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** Name of a key press in the notation of `Shortcut.keys`, or null where a modifier makes it somebody else's. */
export function pressName(press: KeyPress): string | null {
  if (press.altKey) return null;
  const letter = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (press.ctrlKey || press.metaKey) return `Mod+${letter.length === 1 ? letter.toUpperCase() : letter}`;
  if (press.shiftKey && /^[a-z]$/.test(letter)) return `Shift+${letter.toUpperCase()}`;
  return letter;
}

export type ChordStep =
  | { kind: 'run'; shortcut: Shortcut }
  /** The first key of a chord was pressed. */
  | { kind: 'pending'; prefix: string }
  | { kind: 'none' };

/** What a key press means after `prefix` (the first key of a chord, or null). Later bindings win over earlier ones. */
export function stepChord(shortcuts: readonly Shortcut[], prefix: string | null, name: string): ChordStep {
  const typed = prefix === null ? name : `${prefix} ${name}`;
  const exact = shortcuts.findLast((shortcut) => shortcut.keys === typed);
  if (exact) return { kind: 'run', shortcut: exact };
  if (prefix !== null) return stepChord(shortcuts, null, name);
  return shortcuts.some((shortcut) => shortcut.keys.startsWith(`${name} `))
    ? { kind: 'pending', prefix: name }
    : { kind: 'none' };
}

/** Keys as they are printed: `Mod+K` is Ctrl K. */
export function printedKeys(keys: string, isMac = false): string[] {
  return keys.split(/[ +]/).map((key) => {
    if (key === 'Mod') return isMac ? 'Cmd' : 'Ctrl';
    return key.length === 1 ? key.toUpperCase() : key;
  });
}
