import type { Clock } from '#server/kernel/clock.ts';
import type { InstanceSpec } from '../runtime-driver.ts';
import { probeHttp, type ProbeResult, type ProbeTarget } from './http-probe.ts';
import { countResult, decideReadiness, FRESH_TRACK, readinessDelayMs, type Readiness } from './probe-state.ts';

export interface ProbeOptions {
  spec: Pick<InstanceSpec, 'liveness' | 'readiness'>;
  /** A probe may name another port of it. */
  target: ProbeTarget;
  /** Milliseconds since the program started. */
  sinceStartMs: () => number;
  initial: Readiness;
  onReadiness: (readiness: Readiness) => void;
  /** The liveness probe failed as often in a row as its settings allow. */
  onNotAlive: (words: string) => void;
}

export interface InstanceProbes {
  readonly readiness: Readiness;
  readonly attempts: number;
  readonly lastResult: string;
  /** Probes readiness at once instead of at its next turn. */
  probeNow(): void;
  stop(): void;
}

/** Runs the two probes of one program from its start to its end. Each probe has at most one request under way. */
export function startProbes(options: ProbeOptions): InstanceProbes {
  const { spec, target, sinceStartMs } = options;
  let readiness = options.initial;
  let attempts = 0;
  let lastResult = 'not probed yet';
  let stopped = false;
  let track = FRESH_TRACK;
  let timer: NodeJS.Timeout | undefined;
  let probing = false;

  const probe = (settings: InstanceSpec['liveness']): Promise<ProbeResult> =>
    probeHttp({ ...target, port: settings.port ?? target.port }, settings.path, settings.timeoutSeconds * 1000);

  async function probeReadiness(): Promise<void> {
    if (probing) return;
    probing = true;
    const result = await probe(spec.readiness);
    probing = false;
    if (stopped) return;
    attempts += 1;
    lastResult = result.words;
    track = countResult(track, result.ok);
    const next = decideReadiness(readiness, track, spec.readiness, sinceStartMs());
    const changed = next !== readiness;
    readiness = next;
    timer = setTimeout(() => void probeReadiness(), readinessDelayMs(readiness, spec.readiness, sinceStartMs()));
    if (changed) options.onReadiness(readiness);
  }

  function probeNow(): void {
    clearTimeout(timer);
    void probeReadiness();
  }

  const liveness = startLiveness(spec, probe, sinceStartMs, options.onNotAlive);
  probeNow();
  return {
    get readiness() {
      return readiness;
    },
    get attempts() {
      return attempts;
    },
    get lastResult() {
      return lastResult;
    },
    probeNow,
    stop() {
      stopped = true;
      clearTimeout(timer);
      liveness.stop();
    },
  };
}

function startLiveness(
  spec: ProbeOptions['spec'],
  probe: (settings: InstanceSpec['liveness']) => Promise<ProbeResult>,
  sinceStartMs: () => number,
  onNotAlive: (words: string) => void,
): { stop(): void } {
  const settings = spec.liveness;
  let track = FRESH_TRACK;
  let stopped = false;
  let timer = setTimeout(() => void turn(), Math.max(0, settings.initialDelaySeconds * 1000 - sinceStartMs()));

  async function turn(): Promise<void> {
    const result = await probe(settings);
    if (stopped) return;
    track = countResult(track, result.ok);
    if (track.failures >= settings.failureThreshold) {
      return onNotAlive(`the liveness probe failed ${track.failures} times in a row, last with: ${result.words}`);
    }
    timer = setTimeout(() => void turn(), settings.periodSeconds * 1000);
  }

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Milliseconds since an instant on the wall clock, counted on from now by the monotonic clock. */
export function elapsedSince(clock: Clock, startedAtMs: number): () => number {
  const before = Math.max(0, clock.now() - startedAtMs);
  const from = clock.monotonic();
  return () => before + clock.monotonic() - from;
}
