import { BodyReader, type BodySink } from '#server/gateway/http1/body-reader.ts';
import { type FieldTable, NEED_MORE, REFUSED } from '#server/gateway/http1/field-table.ts';
import { RequestHead } from '#server/gateway/http1/request-head.ts';
import type { Reading, ReadRequest } from './reading.ts';

/** Reads like a client connection of the gateway does. */
export function readAsWeDo(bytes: Buffer): Reading {
  const reading: Reading = { requests: [], ending: 'open', position: 0 };
  const head = new RequestHead();
  const body = new BodyReader();
  let position = 0;
  while (position < bytes.length) {
    reading.position = position;
    const bodyStart = head.parse(bytes, position, bytes.length);
    if (bodyStart === NEED_MORE) return reading;
    if (bodyStart === REFUSED) return { ...reading, ending: head.fault.kind };
    const request = describe(head, position);
    reading.requests.push(request);
    body.start(head.bodyKind, head.contentLength);
    const sink: BodySink = {
      onBodyData: (data, start, end) => void (request.body += data.toString('latin1', start, end)),
    };
    const next = body.read(bytes, bodyStart, bytes.length, sink);
    if (next === REFUSED) return { ...reading, ending: body.fault.kind };
    request.complete = body.done;
    if (!body.done) return reading;
    position = next;
    request.trailers = body.trailers === null ? '' : linesOf(body.trailers);
    if (!request.persistent) return { ...reading, ending: 'closed', position };
  }
  reading.position = position;
  return reading;
}

function describe(head: RequestHead, start: number): ReadRequest {
  const { bytes, fields } = head;
  const targetStart = head.authorityEnd > head.authorityStart ? head.authorityStart : head.pathStart;
  return {
    start,
    method: head.method,
    target: bytes.toString('latin1', bytes.lastIndexOf(0x20, targetStart) + 1, head.end),
    minorVersion: head.minorVersion,
    fields: linesOf(fields),
    persistent: head.persistent,
    body: '',
    trailers: '',
    complete: false,
  };
}

function linesOf(fields: FieldTable): string {
  let lines = '';
  for (let line = 0; line < fields.count; line += 1) {
    lines += `${fields.bytes.toString('latin1', fields.lineStart(line), fields.nameEnd(line))}: ${fields.value(line)}\n`;
  }
  return lines;
}
