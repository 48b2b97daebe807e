import { z } from 'zod';
import { type ConfigSlice, parseConfig } from '#server/kernel/config.ts';

/** What the supervisor hands to the studio process. */
export const studioConfig = {
  VIRIDIAN_API_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(3001)
    .describe('Port of the REST API on loopback'),
  VIRIDIAN_STUDIO_TOKEN: z
    .string()
    .min(32)
    .describe('Secret that the studio shares with the control plane; made by the supervisor'),
  VIRIDIAN_SESSION_SECRET: z.string().min(32).describe('Signs and encrypts session cookies; made by the supervisor'),
} satisfies ConfigSlice;

export interface StudioConfig {
  apiPort: number;
  studioToken: string;
  sessionSecret: string;
}

let parsed: StudioConfig | undefined;

/**
 * Settings of this process, parsed on first use: `next build` imports the routes without them.
 * @throws ConfigError naming what is missing
 */
export function loadStudioConfig(): StudioConfig {
  if (!parsed) {
    const values = parseConfig(studioConfig, process.env);
    parsed = {
      apiPort: values.VIRIDIAN_API_PORT,
      studioToken: values.VIRIDIAN_STUDIO_TOKEN,
      sessionSecret: values.VIRIDIAN_SESSION_SECRET,
    };
  }
  return parsed;
}
