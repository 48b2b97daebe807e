'use client';

import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { python } from '@codemirror/lang-python';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, type Text } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

/** A remark at a place of the text; lines and columns count from 1, null is the whole text. */
export interface CodeRemark {
  line: number | null;
  column: number | null;
  message: string;
}

/** A text and who edits it. */
export interface CodeText {
  label: string;
  language: 'python' | 'yaml' | 'text';
  value: string;
  onChange: (text: string) => void;
  remarks?: readonly CodeRemark[];
}

export interface CodeEditorSurfaceProps extends CodeText {
  describedBy: string | undefined;
  isInvalid: boolean;
}

/** CodeMirror in the studio's colours. Apart from `CodeEditor`, because its code is large. */
export function CodeEditorSurface({
  label,
  language,
  value,
  onChange,
  remarks = NONE,
  describedBy,
  isInvalid,
}: CodeEditorSurfaceProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ value, onChange });
  useEffect(() => {
    latest.current = { value, onChange };
  });

  useEffect(() => {
    const listener = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    });
    const attributes = { 'aria-label': label, ...(describedBy && { 'aria-describedby': describedBy }) };
    view.current = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [BASE, LANGUAGES[language], EditorView.contentAttributes.of(attributes), listener, withNonce()],
      }),
    });
    return () => view.current?.destroy();
  }, [label, language, describedBy]);

  // Another text than the one that was typed here: another file, or a form that was filled.
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(remarks, editor.state.doc)));
  }, [remarks]);

  return (
    <div
      ref={place}
      data-invalid={isInvalid || undefined}
      className="min-w-0 overflow-hidden rounded-md border border-control bg-page focus-within:border-focus focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-focus data-invalid:border-danger"
    />
  );
}

const NONE: readonly CodeRemark[] = [];

const COLOURS = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.operatorKeyword, tags.propertyName, tags.definition(tags.propertyName)],
    color: 'var(--color-syn-key)',
  },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--color-syn-str)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--color-syn-num)' },
  {
    tag: [tags.function(tags.variableName), tags.definition(tags.variableName), tags.className],
    color: 'var(--color-syn-fn)',
  },
  { tag: [tags.comment, tags.meta], color: 'var(--color-syn-com)' },
]);

const LOOK = EditorView.theme({
  '&': { fontSize: '12.5px', maxHeight: '30rem', minHeight: '8rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px', minHeight: '8rem' },
  '.cm-content': { caretColor: 'var(--color-text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--color-text)' },
  '.cm-gutters': { backgroundColor: 'var(--color-raised)', color: 'var(--color-faint)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--color-fill) 50%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--color-accent) 25%, transparent)',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--color-accent-wash)', outline: '1px solid var(--color-accent-line)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--color-overlay)',
    color: 'var(--color-text)',
    border: '1px solid var(--color-line)',
  },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--color-danger)' },
});

const BASE: Extension = [
  lineNumbers(),
  lintGutter(),
  history(),
  drawSelection(),
  highlightActiveLine(),
  bracketMatching(),
  indentOnInput(),
  indentUnit.of('    '),
  EditorView.lineWrapping,
  syntaxHighlighting(COLOURS),
  LOOK,
  // After Escape, Tab moves on: the keyboard is never caught here.
  keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
];

const LANGUAGES: Record<CodeText['language'], Extension> = { python: python(), yaml: yaml(), text: [] };

/** The page's policy lets in only style elements that carry its nonce. */
function withNonce(): Extension {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
  return nonce ? EditorView.cspNonce.of(nonce) : [];
}

/** Remarks that point past the text, which has changed since, go to its end. */
function diagnosticsOf(remarks: readonly CodeRemark[], doc: Text): Diagnostic[] {
  return remarks
    .map(({ line, column, message }) => {
      const at = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
      const from = Math.min(at.from + Math.max((column ?? 1) - 1, 0), at.to);
      return {
        from,
        to: column === null ? at.to : Math.min(from + 1, doc.length),
        severity: 'error' as const,
        message,
      };
    })
    .toSorted((a, b) => a.from - b.from);
}
