import { setTimeout as delay } from 'node:timers/promises';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { type RawMessage, readMessage } from '#server/gateway/testing/raw-message.ts';
import { PROBE, type RecordingUpstream } from './recording-upstream.ts';
import { get, KEY, PLANTED_BODY, PLANTED_PATH, type Vector } from './vector.ts';

/** What came of a vector. */
export interface Outcome {
  readonly answers: readonly RawMessage[];
  /** What the client got behind the last whole answer. */
  readonly rest: string;
  readonly ending: 'open' | 'end' | 'reset';
  /** The connection went on to serve another request, where the vector says that it does. */
  readonly nextIsServed: boolean;
  /** Whole requests that the model saw. */
  readonly requests: readonly RawMessage[];
  /** All octets that the model saw, one text a connection. */
  readonly octets: readonly string[];
  /** Promises that hold for every vector and were broken here. */
  readonly violations: readonly string[];
}

export interface Patience {
  /** Without a byte for so long nothing more is expected. */
  quietMs: number;
}

/** Who asks for the next thing waits at least so long, however busy the host is. */
const LEAST_PROBE_MS = 2_000;

let probes = 0;

/** Runs one vector against a proxy in front of the upstream. One at a time. */
export async function runVector(
  vector: Vector,
  port: number,
  upstream: RecordingUpstream,
  { quietMs }: Patience,
): Promise<Outcome> {
  upstream.begin(vector.model ?? {});
  const client = await RawClient.connect(port);
  try {
    await send(client, vector, quietMs);
    const isSettled = (): boolean => {
      const { answers } = splitAnswers(client, vector);
      return client.outcome !== 'open' || (!vector.client.closes && finals(answers) >= expectedFinals(vector));
    };
    await waitFor(client, isSettled, quietMs);
    const { answers, rest } = splitAnswers(client, vector);
    const outcome = {
      answers,
      rest,
      ending: client.outcome,
      requests: [...upstream.requests],
      octets: upstream.octets,
    };
    const isWhole = finals(answers) === expectedFinals(vector) && rest === '';
    const kept = client.outcome === 'open' && !vector.client.closes && isWhole ? client : null;
    for (let taken = 0; kept !== null && taken < answers.length; taken += 1) await kept.response(vector.head);
    const probeMs = Math.max(quietMs, LEAST_PROBE_MS);
    const violations = [...findViolations(outcome), ...(await probeAnother(port, probeMs))];
    const next = kept === null ? 'right' : await probe(kept, probeMs);
    if (next === 'wrong') violations.push('the client’s next request got an answer to something else');
    return { ...outcome, nextIsServed: next === 'right', violations };
  } finally {
    client.close();
  }
}

async function send(client: RawClient, vector: Vector, quietMs: number): Promise<void> {
  for (const [i, piece] of (vector.pieces ?? [vector.send]).entries()) {
    if (i > 0 && vector.model?.onHead !== undefined) await waitFor(client, () => client.pending !== '', quietMs);
    // A server may have answered and closed already: that is an outcome, not an error.
    await new Promise<void>((resolve) => client.socket.write(piece, 'latin1', () => resolve()));
  }
  if (vector.halfCloses === true) client.socket.end();
}

/** Resolves when the condition holds, or nothing has come for a while. */
async function waitFor(client: RawClient, condition: () => boolean, quietMs: number): Promise<void> {
  while (!condition()) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), quietMs);
    const onEvent = (): void => resolve(true);
    for (const event of ['data', 'end', 'close']) client.socket.on(event, onEvent);
    const moved = await promise;
    clearTimeout(timer);
    for (const event of ['data', 'end', 'close']) client.socket.off(event, onEvent);
    if (!moved) return;
  }
}

function splitAnswers(client: RawClient, vector: Vector): { answers: RawMessage[]; rest: string } {
  const answers: RawMessage[] = [];
  let rest = client.pending;
  while (rest.startsWith('HTTP/')) {
    const read = tryRead(rest, vector.head === true, client.outcome !== 'open');
    if (read === null) break;
    answers.push(read.message);
    rest = rest.slice(read.end);
  }
  return { answers, rest };
}

/** Answers that are not interim. A protocol switch is the last answer there is. */
function finals(answers: readonly RawMessage[]): number {
  return answers.filter(({ start }) => !/^HTTP\/1\.1 1(?!01)/.test(start)).length;
}

function expectedFinals({ client }: Vector): number {
  return client.answers.filter(({ status }) => status >= 200 || status === 101).length;
}

/** An answer whose framing contradicts itself is left as it is. */
function tryRead(text: string, head: boolean, ended: boolean): ReturnType<typeof readMessage> {
  try {
    return readMessage(text, head, ended);
  } catch {
    return null;
  }
}

type ProbeResult = 'right' | 'none' | 'wrong';

/** Asks for something of its own: whoever answers with anything else has lost track of who asked what. */
async function probe(client: RawClient, probeMs: number): Promise<ProbeResult> {
  probes += 1;
  const name = `${PROBE}${probes}`;
  const answer = await Promise.race([
    client.request(get(`/iris/${name}`)).catch(() => null),
    delay(probeMs, null, { ref: false }),
  ]);
  if (answer === null) return 'none';
  return answer.body === `GET /${name}` ? 'right' : 'wrong';
}

/** What somebody else is answered behind a vector. */
async function probeAnother(port: number, probeMs: number): Promise<string[]> {
  const another = await RawClient.connect(port).catch(() => null);
  const result = another === null ? 'none' : await probe(another, probeMs);
  another?.close();
  return {
    right: [],
    none: ['another client got no answer'],
    wrong: ['another client got an answer to something else'],
  }[result];
}

// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const START_LINE = /^[!-~]+ [^\0-\x20\x7f]+ HTTP\/1\.[01]$/;
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const HEAD_LINE = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+:[^\0\r\n]*$/;

/** What must hold whatever was sent: the model sees whole, unambiguous requests that were authorised, without their key. */
function findViolations({
  answers,
  rest,
  requests,
  octets,
}: Pick<Outcome, 'answers' | 'rest' | 'requests' | 'octets'>): string[] {
  const found = new Set<string>();
  if (octets.some((text) => text.includes(KEY))) found.add('the model saw the key');
  for (const text of octets) for (const problem of ambiguities(text)) found.add(problem);
  if (requests.some(({ start }) => start.includes(PLANTED_PATH))) found.add('the model saw a smuggled request');
  if (answers.some(({ body }) => body.includes(PLANTED_BODY)) || rest.includes(PLANTED_BODY)) {
    found.add('the client got an answer to nothing');
  }
  return [...found];
}

/** What is doubtful about the heads that a model was sent: what two servers could take apart in two ways. */
function ambiguities(octets: string): string[] {
  const found: string[] = [];
  for (const head of headsOf(octets)) {
    const [start = '', ...lines] = head.split('\r\n');
    const named = (name: RegExp): string[] => lines.filter((line) => name.test(line));
    if (!START_LINE.test(start)) found.push('the model saw a malformed request line');
    if (!lines.every((line) => HEAD_LINE.test(line))) found.push('the model saw a malformed field');
    if (named(/^host\s*:/i).length !== 1 && !(start.endsWith(' HTTP/1.0') && named(/^host\s*:/i).length === 0))
      found.push('the model saw no Host or several');
    const lengths = named(/^content-length\s*:/i);
    const codings = named(/^transfer-encoding\s*:/i);
    if (lengths.length + codings.length > 1) found.push('the model saw two framings');
    if (!lengths.every((line) => /^content-length: ?\d+$/i.test(line))) found.push('the model saw a doubtful length');
    if (!codings.every((line) => /^transfer-encoding: ?chunked$/i.test(line)))
      found.push('the model saw a doubtful coding');
  }
  return found;
}

/** The heads in what came on a connection, found by their framing. */
function headsOf(octets: string): string[] {
  const heads: string[] = [];
  let rest = octets;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return heads;
    heads.push(rest.slice(0, end));
    const read = tryRead(rest, false, false);
    if (read === null) return heads;
    rest = rest.slice(read.end);
  }
}
