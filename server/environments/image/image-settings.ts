import { z } from 'zod';
import type { ConfigSlice, ParsedSlice } from '#server/kernel/config.ts';
import type { pythonConfig } from '../python-settings.ts';

/** How images are built on this host's Docker engine. */
export const imageConfig = {
  VIRIDIAN_BUILD_NETWORK: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be bridge, host, or the name of a Docker network')
    .default('bridge')
    .describe('Docker network that image builds run in: bridge, host, or the name of one'),
  VIRIDIAN_IMAGE_CACHE_MIB: z.coerce
    .number()
    .int()
    .min(0)
    .default(51_200)
    .describe('Room in MiB that images which nothing uses may keep, for a quick return'),
  VIRIDIAN_ENVIRONMENT_REFRESH_DAYS: z.coerce
    .number()
    .min(0)
    .max(365)
    .default(7)
    .describe('Days after which curated environments that are in use here are built anew; 0 leaves them as they are'),
  VIRIDIAN_MICROMAMBA_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe(
      'Program micromamba for Linux, which installs the packages that only conda has; unset takes the newest release',
    ),
  VIRIDIAN_CONDA_CHANNEL_ALIAS: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .default('https://conda.anaconda.org')
    .describe('Where conda channels are: the address before their names'),
} satisfies ConfigSlice;

/** Everything that decides how images are built; nothing of it gets into an image. */
export type ImageBuildSettings = ParsedSlice<typeof imageConfig> & ParsedSlice<typeof pythonConfig>;
