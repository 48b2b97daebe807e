import { mismatches, statusesOf } from '#server/gateway/vectors/mismatches.ts';
import type { Outcome } from '#server/gateway/vectors/run-vector.ts';
import type { Vector, VectorGroup } from '#server/gateway/vectors/vector.ts';

/** What came of a vector at one proxy, seen from what the vector asks for. */
export interface Judged {
  /** `refuses`: in other words than asked, but the model saw nothing that it should not. */
  readonly verdict: 'same' | 'refuses' | 'differs' | 'unsafe';
  /** Answers and what the model saw, in a few words. */
  readonly summary: string;
}

export function judge(vector: Vector, outcome: Outcome): Judged {
  const statuses = shorten(statusesOf(outcome).join(', '), 20);
  const answer = statuses === '' ? (outcome.ending === 'open' ? 'no answer' : 'closed') : statuses;
  const seen = outcome.requests.length;
  const summary = seen === vector.upstream.length ? answer : `${answer}; the model saw ${seen}`;
  if (outcome.violations.length > 0)
    return { verdict: 'unsafe', summary: `${summary}; ${outcome.violations.join('; ')}` };
  const found = mismatches(vector, outcome).filter(({ about }) => about !== 'answer');
  if (found.length === 0) return { verdict: 'same', summary: answer };
  if (vector.upstream.length === 0 && seen === 0) return { verdict: 'refuses', summary };
  const detail = found.find(({ text }) => !/^the (?:answer|number)/.test(text))?.text;
  return { verdict: 'differs', summary: detail === undefined ? summary : `${summary}; ${shorten(detail, 110)}` };
}

interface Column {
  readonly name: string;
  readonly results: ReadonlyMap<Vector, Judged>;
}

export function renderPage(groups: readonly VectorGroup[], columns: readonly Column[]): string {
  const names = columns.map(({ name }) => name);
  const rows = groups.flatMap(({ row, topic, vectors }) =>
    vectors.length === 0
      ? []
      : [`\n## ${topic} (${row})\n`, header(['vector', ...names]), ...vectors.map((vector) => line(vector, columns))],
  );
  return `# The gateway's vectors, here and elsewhere

Written by \`npm run check:vectors\`; do not edit. Each vector is raw HTTP/1.1 on a connection of its own (\`server/gateway/vectors/\`), run against the gateway and against
other proxies that are set up for the same work: endpoints by the first segment of the path, a key, kept connections to one model. Vectors of
what only this gateway offers are left out.

"=" is the outcome that the vector asks for. A bare status is a refusal in other words: the model saw nothing that it should not. Everything else differs; **unsafe** means that a promise
which holds for every vector was broken: no request within another, nothing ambiguous and no key to the model, no answer to somebody else, and a process that lives on.

${header(['', ...names])}
${(['same', 'refuses', 'differs', 'unsafe'] as const).map((verdict) => `| ${TITLES[verdict]} | ${columns.map(({ results }) => count(results, verdict)).join(' | ')} |`).join('\n')}
${rows.join('\n')}
`;
}

const TITLES = { same: 'as asked', refuses: 'refused otherwise', differs: 'differs', unsafe: '**unsafe**' } as const;

function count(results: ReadonlyMap<Vector, Judged>, verdict: Judged['verdict']): number {
  return [...results.values()].filter((judged) => judged.verdict === verdict).length;
}

function header(names: readonly string[]): string {
  return `| ${names.join(' | ')} |\n|${' --- |'.repeat(names.length)}`;
}

function line(vector: Vector, columns: readonly Column[]): string {
  const cells = columns.map(({ results }) => cell(results.get(vector) as Judged));
  return `| ${escape(`${vector.rule}: ${vector.name}`)} | ${cells.join(' | ')} |`;
}

function cell({ verdict, summary }: Judged): string {
  if (verdict === 'same') return `= ${escape(summary)}`;
  return verdict === 'unsafe' ? `**unsafe** ${escape(summary)}` : escape(summary);
}

function escape(text: string): string {
  return text.replaceAll(/[|<>*_`\\]/g, (character) => `\\${character}`);
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
