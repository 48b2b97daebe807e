'use client';

import { usePreferences } from '#components/layout/preferences.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { DeploymentName, slotColour } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import { explainStatus } from './explain-status.ts';
import type { TestAnswer } from './use-invoke.ts';

export interface AnswerPanelProps {
  endpoint: string;
  answer: TestAnswer;
  /** Identity colour of the deployment that answered. */
  slot: number;
  /** Lines that differ from this answer are tinted in the deployment's colour. */
  compareWith: TestAnswer | null;
}

export function AnswerPanel({ endpoint, answer, slot, compareWith }: AnswerPanelProps) {
  const { locale } = usePreferences();
  const { response } = answer;
  const text = textOf(answer);
  const explanation = explainStatus(response.status, response.headers);
  const ok = response.status < 400;
  return (
    <div className="grid min-w-0 content-start gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Chip tone={ok ? 'neutral' : 'danger'}>{response.status}</Chip>
        <span>{figureText(formatLatency(response.duration_ms, locale))}</span>
        {response.deployment ? <DeploymentName name={response.deployment} slot={slot} /> : null}
        {answer.asked === null ? <span className="text-xs text-muted">chosen by the split</span> : null}
        {response.deployment ? (
          <Link
            className="ms-auto text-xs"
            href={`/endpoints/${encodeURIComponent(endpoint)}/logs?dep=${encodeURIComponent(response.deployment)}`}
          >
            Its console
          </Link>
        ) : null}
      </div>
      {explanation ? <Note tone={ok ? 'neutral' : 'warning'}>{explanation}</Note> : null}
      <CodeBlock code={text} label="Answer" maxHeight="lg">
        {compareWith === null ? undefined : (
          <DifferingLines text={text} other={textOf(compareWith)} colour={slotColour(slot)} />
        )}
      </CodeBlock>
      <details>
        <summary className="cursor-pointer text-xs text-muted">{Object.keys(response.headers).length} headers</summary>
        <CodeBlock
          label="Headers"
          code={Object.entries(response.headers)
            .map(([name, value]) => `${name}: ${value}`)
            .join('\n')}
          wrap
          className="mt-2"
        />
      </details>
    </div>
  );
}

function textOf({ response }: TestAnswer): string {
  if (response.body_base64 !== undefined)
    return `${response.body_base64.length} characters of base64: the answer is not text.`;
  return typeof response.body === 'string' ? response.body : formatJson(response.body);
}

function DifferingLines({ text, other, colour }: { text: string; other: string; colour: string }) {
  const known = new Set(other.split('\n'));
  return text.split('\n').map((line, index) => (
    <span
      key={index}
      className="block"
      style={
        known.has(line) ? undefined : { background: `color-mix(in oklab, ${colour} var(--dep-tint), transparent)` }
      }
    >
      {line || ' '}
    </span>
  ));
}
