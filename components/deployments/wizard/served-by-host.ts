import type { Info } from '#lib/contracts/info.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';

/**
 * A Triton repository as this host serves it: by Triton itself where it is there, whatever the models are; else by our own server, where that can.
 * The control plane decides so when it is deployed. Everything else stays as it was detected. Pure.
 */
export function asServedHere<Found extends DetectedModel | null>(
  detected: Found,
  info: Info | null,
): Found | DetectedModel {
  if (detected?.triton == null || info === null) return detected;
  if (info.runtimes.triton?.available) {
    return { ...detected, servable: true, reason: 'It will be served by the tritonserver of this host.' };
  }
  if (!detected.servable) return detected;
  const reason = 'It will be served by our own ONNX server: every model is ONNX, and this host has no tritonserver.';
  return { ...detected, reason };
}
