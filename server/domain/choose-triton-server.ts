import type { TritonFacts } from '#lib/contracts/model.ts';

/** Whether this host has Triton itself; the reason says what is missing and how to get it. */
export interface TritonHost {
  available: boolean;
  reason: string;
}

/** What serves a model repository on this host. */
export type TritonServer = 'tritonserver' | 'onnx';

export type TritonChoice =
  /** In a sentence, for the answer. */
  | { server: TritonServer; reason: string }
  /** What cannot be served, by name, and what works instead. */
  | { server: null; reason: string };

const REMEDY =
  'Or deploy it with a container of Triton: an "environment" with its image and routes, and model_mount_path "/models".';

/**
 * Triton itself where the host has it, as it does all that a repository may ask for; else our ONNX server, where that serves every model of
 * the repository. Pure.
 */
export function chooseTritonServer({ models }: TritonFacts, host: TritonHost): TritonChoice {
  if (host.available) return { server: 'tritonserver', reason: 'Served by the tritonserver of this host.' };
  const needing = models.filter(({ servable_without_triton: isServable }) => !isServable);
  if (needing.length === 0) {
    const reason = 'Served by our own ONNX server: every model is ONNX, and this host has no tritonserver.';
    return { server: 'onnx', reason };
  }
  const named = needing.map(({ name, reason }) => `"${name}": ${reason}`).join(' ');
  const count = `${needing.length} of ${models.length} ${models.length === 1 ? 'model' : 'models'}`;
  return { server: null, reason: `${count} cannot be served without Triton. ${named} ${host.reason} ${REMEDY}` };
}
