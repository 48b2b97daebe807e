import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventStreamParser, type StreamEvent } from './event-stream-parser.ts';

function parseAll(chunks: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const parse = createEventStreamParser((event) => events.push(event));
  for (const chunk of chunks) parse(chunk);
  return events;
}

const STREAM =
  ': hello\r\n\r\nid: 7\nevent: change\ndata: {"a":1}\ndata: two\n\ndata:bare\r\rid: 8\n\nevent: reset\ndata\n\n';
const EVENTS: StreamEvent[] = [
  { id: '7', event: 'change', data: '{"a":1}\ntwo' },
  { id: '7', event: 'message', data: 'bare' },
  { id: '8', event: 'reset', data: '' },
];

test('events carry id, name and all their data lines; comments and events without data are dropped', () => {
  expect(parseAll([STREAM])).toEqual(EVENTS);
});

test('where the stream is cut makes no difference', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
      const chunks = edges.slice(1).map((end, index) => STREAM.slice(edges[index], end));
      expect(parseAll(chunks)).toEqual(EVENTS);
    }),
  );
});

test('an unfinished event is not dispatched', () => {
  expect(parseAll(['data: x\n'])).toEqual([]);
});
