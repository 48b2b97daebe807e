import type { DetectedModel } from '#lib/contracts/model.ts';

/** The answer for files that nothing here serves without code. */
export function notServable(format: DetectedModel['format'], entry: string | null, reason: string): DetectedModel {
  return {
    format,
    servable: false,
    reason,
    entry,
    inputs: [],
    outputs: [],
    sample_request: null,
    onnx: null,
    warnings: [],
  };
}
