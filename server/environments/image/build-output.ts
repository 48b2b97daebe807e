import type { BuildPart } from '#server/domain/environment-build.ts';
import type { EngineEvent } from './engine.ts';
import { createPullProgress } from './pull-progress.ts';

export interface BuildStep {
  number: number;
  of: number;
  /** The instruction as it stands in the Dockerfile. */
  instruction: string;
  cached: boolean;
}

export interface BuildOutput {
  lines: string[];
  /** The step under way; null before the first. */
  step: BuildStep | null;
  /** 0 to 1: steps that have ended. */
  progress: number | null;
  /** Steps that have begun, and the layers of an image that one of them pulls. */
  parts: BuildPart[];
}

/** The engine shows what programs write as errors in red, piece by piece. */
const RED = /^\u001b\[91m([^]*)\u001b\[0m$/;

export interface BuildOutputReader {
  add(event: EngineEvent): BuildOutput;
  /** A line that the end has cut. */
  end(): string[];
  /** Ids of the last layer of each stage: nothing names them, so they stay when the image goes. */
  leftovers(): string[];
}

/**
 * Reads what the classic builder writes: `Step 3/7 : RUN make`, ` ---> Using cache`, the programs' output in pieces, and the pulling of images
 * in FROM. What is told: whole lines, and of a step that it came from the cache.
 */
export function createBuildOutput(): BuildOutputReader {
  const layers: string[] = [];
  const ended: BuildPart[] = [];
  let pulled: BuildPart[] = [];
  let rest = '';
  let step: BuildStep | null = null;
  let pull = createPullProgress();

  function readLine(line: string): string[] {
    const layer = /^ ---> ([0-9a-f]{12})$/.exec(line)?.[1];
    // What FROM shows is somebody else's image.
    if (layer !== undefined && step !== null && !isFrom(step)) layers[layers.length - 1] = layer;
    const begun = /^Step (\d+)\/(\d+) : (.*)$/s.exec(line);
    if (begun !== null) {
      if (step !== null) ended.push(partOf(step, 'done'));
      pulled = [];
      step = { number: Number(begun[1]), of: Number(begun[2]), instruction: begun[3] ?? '', cached: false };
      if (isFrom(step)) layers.push('');
      pull = createPullProgress();
      return [`Step ${step.number}/${step.of}: ${step.instruction}`];
    }
    if (/^ ---> Using cache$/.test(line)) {
      if (step !== null) step = { ...step, cached: true };
      return ['  from the cache'];
    }
    // Ids of layers and containers in between tell a person nothing.
    if (/^(?: ---> |Removing intermediate container )/.test(line) || line.trim() === '') return [];
    return [line];
  }

  return {
    add(event) {
      const lines: string[] = [];
      if (typeof event['stream'] === 'string') {
        const parts = (rest + event['stream'].replace(RED, '$1')).split('\n');
        rest = parts.pop() ?? '';
        for (const part of parts) lines.push(...readLine(part));
      } else if (typeof event['status'] === 'string') {
        const seen = pull.add(event);
        lines.push(...seen.lines);
        pulled = seen.layers;
      }
      const parts = step === null ? [] : [...ended, partOf(step, 'running'), ...pulled];
      return { lines, step, progress: step === null ? null : (step.number - 1) / step.of, parts };
    },
    end() {
      const last = rest;
      rest = '';
      return last === '' ? [] : readLine(last);
    },
    leftovers: () => layers.filter((id) => id !== ''),
  };
}

const partOf = ({ instruction, cached }: BuildStep, state: 'running' | 'done'): BuildPart => ({
  kind: 'step',
  name: instruction,
  state: cached ? 'cached' : state,
  bytes: 0,
  totalBytes: null,
});

const isFrom = ({ instruction }: BuildStep): boolean => /^FROM\s/i.test(instruction);
