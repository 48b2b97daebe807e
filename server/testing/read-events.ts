/** One Server-Sent Event, its data parsed. */
export interface SeenEvent {
  id: string;
  name: string;
  data: Record<string, unknown>;
}

/** Reads a stream of events until the condition holds or the server ends it, and leaves. */
export async function readEvents(
  url: string,
  headers: Record<string, string>,
  until: (events: readonly SeenEvent[]) => boolean,
  whenOpen: () => void | Promise<void> = () => undefined,
): Promise<SeenEvent[]> {
  const gone = new AbortController();
  const response = await fetch(url, { headers, signal: gone.signal });
  if (!response.headers.get('content-type')?.includes('text/event-stream')) {
    throw new Error(`${url} answered ${response.status} instead of a stream: ${await response.text()}`);
  }
  await whenOpen();
  const events: SeenEvent[] = [];
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== null) events.push(event);
    }
    if (until(events)) break;
  }
  gone.abort();
  return events;
}

function parseBlock(block: string): SeenEvent | null {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const [id = '', name = '', data] = [field('id'), field('event'), field('data')];
  return data === undefined ? null : { id, name, data: JSON.parse(data) as Record<string, unknown> };
}
