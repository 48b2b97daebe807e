import type { RawMessage } from '#server/gateway/testing/raw-message.ts';
import type { Outcome } from './run-vector.ts';
import type { ExpectedAnswer, SeenUpstream, Vector } from './vector.ts';

/** Something that came out otherwise than the vector says. */
export interface Mismatch {
  /** `seen`: what the model got. `status`: which answers the client got. `answer`: what they say and how their connection ended. */
  readonly about: 'seen' | 'status' | 'answer';
  readonly text: string;
}

export function mismatches(vector: Vector, outcome: Outcome): Mismatch[] {
  const found: Mismatch[] = [];
  const note = (about: Mismatch['about'], what: string, got: unknown, expected: unknown): void => {
    if (got !== expected)
      found.push({ about, text: `${what} is ${JSON.stringify(got)}, not ${JSON.stringify(expected)}` });
  };
  note('status', 'the answer', statusesOf(outcome).join(), vector.client.answers.map(({ status }) => status).join());
  note('answer', 'the connection', outcome.ending === 'open', !vector.client.closes);
  note('answer', 'that the next request is served', outcome.nextIsServed, true);
  const cut = vector.client.cut === true;
  note('answer', 'what is left of an answer', outcome.rest.includes('half'), cut);
  if (!cut) note('answer', 'what came behind the answers', outcome.rest, '');
  for (const [i, expected] of vector.client.answers.entries()) {
    const answer = outcome.answers[i];
    if (answer !== undefined) compareMessage('answer', answer, expected, note);
  }
  note('seen', 'the number of requests', outcome.requests.length, vector.upstream.length);
  for (const [i, expected] of vector.upstream.entries()) {
    const request = outcome.requests[i];
    if (request === undefined) continue;
    if (expected.line !== undefined) note('seen', 'the request line', request.start, `${expected.line} HTTP/1.1`);
    compareMessage('seen', request, expected, note);
  }
  for (const text of vector.hidden ?? []) {
    note(
      'seen',
      `"${text}" among the octets`,
      outcome.octets.some((octets) => octets.includes(text)),
      false,
    );
  }
  return found;
}

export function statusesOf({ answers }: Outcome): number[] {
  return answers.map(({ start }) => Number(start.split(' ')[1]));
}

function compareMessage(
  about: Mismatch['about'],
  message: RawMessage,
  { body, trailers, has = {}, lacks = [] }: ExpectedAnswer | SeenUpstream,
  note: (about: Mismatch['about'], what: string, got: unknown, expected: unknown) => void,
): void {
  if (body !== undefined) note(about, 'the body', message.body, body);
  if (trailers !== undefined) note(about, 'the trailer section', message.trailers, trailers);
  for (const [name, value] of Object.entries(has)) note(about, name, valuesOf(message, name), value);
  for (const name of lacks) note(about, name, valuesOf(message, name), '');
}

/** All values of a field, '' where there is none. */
function valuesOf({ fields }: RawMessage, name: string): string {
  return fields
    .filter(([given]) => given.toLowerCase() === name)
    .map(([, value]) => value)
    .join(' | ');
}
