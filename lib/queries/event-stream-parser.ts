/** One dispatched Server-Sent Event. */
export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Parses a Server-Sent Events stream piece by piece (WHATWG HTML, section 9.2.6). A parser of our own instead of `EventSource`, which can
 * neither send a `Last-Event-ID` taken over from another tab nor tell a refusal from a lost connection.
 */
export function createEventStreamParser(onEvent: (event: StreamEvent) => void): (chunk: string) => void {
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];

  function line(text: string): void {
    if (text === '') {
      if (data.length > 0) onEvent({ id, event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }

  return (chunk) => {
    rest += chunk;
    // A lone CR at the end of a chunk may be the first half of a CRLF: it waits for the next chunk.
    for (let match = /\r\n|\n|\r(?!$)/.exec(rest); match; match = /\r\n|\n|\r(?!$)/.exec(rest)) {
      line(rest.slice(0, match.index));
      rest = rest.slice(match.index + match[0].length);
    }
  };
}
