import { Agent, request } from 'node:http';
import { encodeRequestBatch } from '#server/telemetry/encode-request-batch.ts';
import type { SendComparisons } from './comparison-reporter.ts';
import type { BatchOutcome, SendBatch } from './record.ts';

const SEND_TIMEOUT_MS = 5_000;

type Post = (path: string, contentType: string, ...parts: readonly Buffer[]) => Promise<BatchOutcome>;

/** Posts record batches to telemetry over its Unix socket, one at a time on one connection. It never rejects. */
export function createTelemetrySender(socketPath: string): SendBatch {
  const post = createPost(socketPath);
  return (batch) => post('/ingest/requests', 'application/octet-stream', ...encodeRequestBatch(batch));
}

/** Posts what came of comparisons in the same way, on a connection of its own. */
export function createComparisonSender(socketPath: string): SendComparisons {
  const post = createPost(socketPath);
  return (batch) => post('/ingest/comparisons', 'application/json', Buffer.from(JSON.stringify(batch), 'utf8'));
}

function createPost(socketPath: string): Post {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (path, contentType, ...parts) =>
    new Promise((resolve) => {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      const headers = { 'content-type': contentType, 'content-length': length };
      const outgoing = request({ socketPath, agent, method: 'POST', path, timeout: SEND_TIMEOUT_MS, headers });
      outgoing.on('response', (response) => {
        response.resume();
        response.on('end', () => resolve(outcomeOf(response.statusCode ?? 500)));
        response.on('error', () => resolve('away'));
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve('away'));
      for (const part of parts) outgoing.write(part);
      outgoing.end();
    });
}

/** A batch that telemetry cannot read would be refused again and again: it is given up. */
function outcomeOf(status: number): BatchOutcome {
  if (status < 300) return 'arrived';
  return status >= 400 && status < 500 && status !== 429 ? 'refused' : 'away';
}
