import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Capability } from '#lib/contracts/info.ts';
import type { ConfigSlice } from '#server/kernel/config.ts';

export const tritonConfig = {
  VIRIDIAN_TRITONSERVER: z
    .string()
    .min(1)
    .default('tritonserver')
    .describe(
      'Program that serves Triton repositories, by name on the PATH or by path; without it ONNX models are served by our own server',
    ),
} satisfies ConfigSlice;

/** Whether this host has Triton. It is looked for and not run: starting it takes seconds, and instances say what is wrong with it. */
export function findTriton(program: string, searchPath: string): Capability {
  const candidates = isAbsolute(program) ? [program] : searchPath.split(':').map((folder) => join(folder, program));
  const found = candidates.find(isExecutableFile);
  if (found !== undefined) return { available: true, version: found };
  return {
    available: false,
    reason: `There is no program ${program}${isAbsolute(program) ? '' : ' on the PATH'}.`,
    fix: 'Install Triton on this host, or name its tritonserver with VIRIDIAN_TRITONSERVER.',
  };
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
