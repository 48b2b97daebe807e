import { flushCompileCache } from 'node:module';
import { EXIT_CONFIG } from './exit-status.ts';

/**
 * What a process of Viridian tells the supervisor over its IPC channel. Run alone, without a supervisor, the same calls do nothing.
 */
export type ProcessMessage =
  /** Serves from now on. `port` is the one in use, where the process listens on TCP; `tlsPort` a second one for TLS. */
  | { type: 'ready'; port?: number; tlsPort?: number }
  | { type: 'workers'; pids: number[] }
  /** One-time set-up code, printed by the supervisor under its ready line; null once there is an administrator. */
  | { type: 'setup_code'; code: string | null }
  /** Cannot start; the supervisor prints the text and does not restart. */
  | { type: 'fatal'; text: string };

/**
 * Sends to the process that started this one, if it is there. One that is killed takes its end of the channel with it: what is written until
 * the news of that arrives is lost, and is no error of ours.
 */
export function sendToParent(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/**
 * Tells the supervisor something, if there is one. Who is ready has loaded its code: what was compiled of it is kept for the next start, which is
 * quicker and needs a fifth less memory. Node itself writes it when a process exits, which one that is killed never does.
 */
export function tellSupervisor(message: ProcessMessage): void {
  sendToParent(message);
  if (message.type === 'ready') flushCompileCache();
}

/** Says in one sentence why the process cannot start, on stderr and to the supervisor, and ends with EXIT_CONFIG. */
export function failToStart(text: string): never {
  process.stderr.write(`${text}\n`);
  tellSupervisor({ type: 'fatal', text });
  process.exitCode = EXIT_CONFIG;
  // The IPC channel flushes on exit only when the process leaves by itself after the message is written.
  process.disconnect?.();
  process.exit(EXIT_CONFIG);
}
