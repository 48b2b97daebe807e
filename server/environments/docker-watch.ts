import type { Capability } from '#lib/contracts/info.ts';
import { detectDocker } from './host-capabilities.ts';

/** One small question over a Unix socket; where there is no socket it is not even asked. */
const LOOK_EVERY_MS = 5_000;

/** Whether there is a Docker engine on this host, as it was last looked at: engines are installed, started and stopped while Viridian runs. */
export interface DockerWatch {
  readonly current: Capability;
  /**
   * Whether deployments are taken that need the engine. One that has answered since the start is expected back: what is asked of it meanwhile waits a
   * little, and then says that it is down.
   */
  readonly accepted: Capability;
  stop(): Promise<void>;
}

/**
 * @param found what the first look has found
 * @param onFirstSeen called once, when an engine answers that did not at the first look
 */
export function watchDocker(
  socketPath: string,
  found: Capability,
  onFirstSeen: () => void,
  lookEveryMs = LOOK_EVERY_MS,
): DockerWatch {
  let current = found;
  let accepted = found;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    current = await detectDocker(socketPath);
    const isFirst = current.available && !accepted.available;
    if (current.available || !accepted.available) accepted = current;
    if (isFirst) onFirstSeen();
  }

  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = null;
    });
  }, lookEveryMs).unref();

  return {
    get current() {
      return current;
    },
    get accepted() {
      return accepted;
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
