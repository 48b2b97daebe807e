import { Agent, request } from 'node:http';
import { encodeRequestBatch } from '#server/telemetry/encode-request-batch.ts';
import type { RequestBatch } from '#server/telemetry/request-record.ts';
import type { BatchOutcome, SendBatch } from './record.ts';

const SEND_TIMEOUT_MS = 5_000;

/** Posts record batches to telemetry over its Unix socket, one at a time on one connection. It never rejects. */
export function createTelemetrySender(socketPath: string): SendBatch {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (batch: RequestBatch) =>
    new Promise((resolve) => {
      const [header, records] = encodeRequestBatch(batch);
      const outgoing = request({
        socketPath,
        agent,
        method: 'POST',
        path: '/ingest/requests',
        timeout: SEND_TIMEOUT_MS,
        headers: { 'content-type': 'application/octet-stream', 'content-length': header.length + records.length },
      });
      outgoing.on('response', (response) => {
        response.resume();
        response.on('end', () => resolve(outcomeOf(response.statusCode ?? 500)));
        response.on('error', () => resolve('away'));
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve('away'));
      outgoing.write(header);
      outgoing.end(records);
    });
}

/** A batch that telemetry cannot read would be refused again and again: it is given up. */
function outcomeOf(status: number): BatchOutcome {
  if (status < 300) return 'arrived';
  return status >= 400 && status < 500 && status !== 429 ? 'refused' : 'away';
}
