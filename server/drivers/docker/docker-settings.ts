import { z } from 'zod';
import type { ConfigSlice } from '#server/kernel/config.ts';
import { parseSubnet } from './subnets.ts';

/** What the installation decides about containers. */
export const dockerConfig = {
  VIRIDIAN_CONTAINER_ADDRESS_POOL: z
    .string()
    .refine(
      (text) => (parseSubnet(text)?.bits ?? 32) <= 25,
      'must be an IPv4 range of at least 128 addresses, such as 10.213.0.0/16',
    )
    .optional()
    .describe(
      'IPv4 range that networks of deployments are cut from, 128 addresses each; unset takes 10.213.0.0/16, and what the engine chooses where that is in use',
    ),
} satisfies ConfigSlice;
