import { setImmediate as turn } from 'node:timers/promises';
import { compareReadings, type Disagreement } from './compare-readings.ts';
import { explain, type Explanation } from './explain-disagreement.ts';
import { generateInput } from './http-grammar.ts';
import { NodeReader } from './node-reading.ts';
import { readAsWeDo } from './our-reading.ts';
import { RandomSource } from './random-source.ts';
import type { Reading } from './reading.ts';

/** Connections that node:http may have open before it gets a turn to free them. */
const INPUTS_A_TURN = 200;
const KEPT_SAMPLES = 20;

export interface FuzzReport {
  readonly inputs: number;
  /** Read the same, and how many requests both took in those. */
  readonly agreed: number;
  readonly requestsAgreed: number;
  /** Inputs that both refused, in their own words. */
  readonly refusedByBoth: number;
  readonly explained: ReadonlyMap<Explanation, number>;
  readonly unexplained: readonly { disagreement: Disagreement; input: string; ours: Reading; theirs: Reading }[];
}

/** Reads random inputs with the gateway's codec, whole, and with llhttp, cut in two: so a packet boundary that mattered to one would show as well. */
export async function runFuzz(inputs: number, seed: number, onProgress?: (done: number) => void): Promise<FuzzReport> {
  const random = new RandomSource(seed);
  const node = new NodeReader();
  const explained = new Map<Explanation, number>();
  const unexplained: FuzzReport['unexplained'][number][] = [];
  let [agreed, requestsAgreed, refusedByBoth] = [0, 0, 0];
  for (let i = 0; i < inputs; i += 1) {
    const input = generateInput(random);
    const bytes = Buffer.from(input, 'latin1');
    const cut = random.below(bytes.length + 1);
    const [ours, theirs] = [readAsWeDo(bytes), node.read([bytes.subarray(0, cut), bytes.subarray(cut)])];
    const disagreement = compareReadings(ours, theirs);
    if (disagreement === null) {
      agreed += 1;
      requestsAgreed += ours.requests.length;
      if (ours.ending !== 'open' && ours.ending !== 'closed') refusedByBoth += 1;
    } else {
      const reason = explain(disagreement, input);
      if (reason !== null) explained.set(reason, (explained.get(reason) ?? 0) + 1);
      else if (unexplained.length < KEPT_SAMPLES) unexplained.push({ disagreement, input, ours, theirs });
    }
    if (i % INPUTS_A_TURN === 0) {
      await turn();
      onProgress?.(i);
    }
  }
  return { inputs, agreed, requestsAgreed, refusedByBoth, explained, unexplained };
}
