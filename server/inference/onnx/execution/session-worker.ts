import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openSession, type ModelSession, type SessionSource } from './ort-session.ts';
import { transferables, type RunMessage, type WorkerMessage } from './worker-protocol.ts';

/** The thread behind `WorkerSession`: opens the model, then runs what it is sent. */
async function serveRuns(port: MessagePort): Promise<void> {
  const session = await openSession(workerData as SessionSource);
  port.on('message', (message: RunMessage) => void answerRun(port, session, message));
  tell(port, { kind: 'open' });
}

async function answerRun(port: MessagePort, session: ModelSession, message: RunMessage): Promise<void> {
  try {
    const { outputs, runMs } = await session.run(message.inputs);
    tell(port, { kind: 'outputs', outputs, runMs }, transferables(outputs));
  } catch (cause) {
    tell(port, { kind: 'failed', message: messageOf(cause) });
  }
}

function tell(port: MessagePort, message: WorkerMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

const port = parentPort as MessagePort;
serveRuns(port).catch((cause: unknown) => tell(port, { kind: 'failed', message: messageOf(cause) }));
