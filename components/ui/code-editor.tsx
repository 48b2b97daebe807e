'use client';

import dynamic from 'next/dynamic';
import { useId } from 'react';
import { cx } from './class-names.ts';
import type { CodeText } from './code-editor-surface.tsx';
import { FIELD_CLASSES, LABEL_CLASSES } from './field-classes.ts';
import type { FieldTexts } from './field-parts.tsx';
import { PlainFieldMessages } from './plain-field-messages.tsx';
import { Skeleton } from './skeleton.tsx';

export interface CodeEditorProps extends Omit<FieldTexts, 'label'>, CodeText {
  labelHidden?: boolean;
  /** Where focus comes when the field is asked for. */
  id?: string;
  className?: string;
}

/** The editor's code is fetched when one is shown. */
const CodeEditorSurface = dynamic(
  () => import('./code-editor-surface.tsx').then((module) => module.CodeEditorSurface),
  {
    ssr: false,
    loading: () => <Skeleton className="h-60 w-full" />,
  },
);

/** Text with line numbers, colours and remarks at their lines. Tab leaves it after Escape, as it indents otherwise. */
export function CodeEditor({ label, labelHidden, hint, error, id, className, ...surface }: CodeEditorProps) {
  const ownId = useId();
  const fieldId = id ?? ownId;
  const messagesId = `${fieldId}-messages`;
  return (
    <div id={fieldId} tabIndex={-1} className={cx(FIELD_CLASSES, 'outline-none', className)}>
      <span className={labelHidden ? 'sr-only' : LABEL_CLASSES}>{label}</span>
      <CodeEditorSurface
        {...surface}
        label={label}
        describedBy={hint || error ? messagesId : undefined}
        isInvalid={Boolean(error)}
      />
      <PlainFieldMessages id={messagesId} hint={hint} error={error} />
    </div>
  );
}
