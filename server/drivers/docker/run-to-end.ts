import { once } from 'node:events';
import { PassThrough, type Duplex } from 'node:stream';
import type Docker from 'dockerode';

/** Of each stream; what comes later is kept instead of what came first. */
const MAX_OUTPUT_CHARACTERS = 2 ** 20;

export interface ProgramOutput {
  stdout: string;
  stderr: string;
}

/**
 * Starts a container that was made with an open input, hands it its input, and waits until its output ends. One whose signal is aborted is let go of
 * as it is, with what it has written so far.
 */
export async function runToEnd(
  container: Docker.Container,
  input: string,
  signal: AbortSignal,
): Promise<ProgramOutput> {
  const [stdout, stderr] = [keepLast(), keepLast()];
  try {
    await carryOver(container, input, [stdout.stream, stderr.stream], signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { stdout: await stdout.end(), stderr: await stderr.end() };
}

async function carryOver(
  container: Docker.Container,
  input: string,
  [stdout, stderr]: [PassThrough, PassThrough],
  abortSignal: AbortSignal,
): Promise<void> {
  const attachment = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true, abortSignal };
  const stream = (await container.attach(attachment)) as Duplex;
  // A program that ends before it has read everything closes its end; how it ended is told by its status.
  stream.on('error', () => undefined);
  // Listened for before the start: a program may be quicker than the answer that it was started.
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const letGo = (): void => void stream.destroy();
  abortSignal.addEventListener('abort', letGo, { once: true });
  container.modem.demuxStream(stream, stdout, stderr);
  try {
    await container.start({ abortSignal });
    stream.end(input);
    await closed;
  } finally {
    abortSignal.removeEventListener('abort', letGo);
    stream.destroy();
  }
}

function keepLast(): { stream: PassThrough; end: () => Promise<string> } {
  let kept = '';
  const stream = new PassThrough();
  stream.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-MAX_OUTPUT_CHARACTERS);
  });
  const ended = once(stream, 'end');
  return {
    stream,
    async end() {
      stream.end();
      await ended;
      return kept;
    },
  };
}
