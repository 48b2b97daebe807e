import { StringDecoder } from 'node:string_decoder';

/** An engine writes one JSON object after the other with line ends between; one longer than this is not from an engine. */
const MAX_LINE_CHARACTERS = 8 * 2 ** 20;

/**
 * Objects of a stream of JSON lines. A last line that is cut is left out: the stream's own error, or the caller's look at the world, tells.
 * @throws Error when a line is no JSON object or has no end
 */
export async function* readJsonLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Record<string, unknown>> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('A line of the engine has no end.');
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Record<string, unknown>;
  }
  const last = parseWhole(rest);
  if (last !== null) yield last;
}

function parseWhole(text: string): Record<string, unknown> | null {
  try {
    return text.trim() === '' ? null : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    // Cut in the middle; see above.
    return null;
  }
}
