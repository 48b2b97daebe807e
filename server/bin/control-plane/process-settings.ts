import { z } from 'zod';
import {
  accessConfig,
  administratorConfig,
  type ConfigSlice,
  dataDirConfig,
  gatewayConfig,
  listenConfig,
  type ParsedSlice,
} from '#server/kernel/config.ts';
import { dockerConfig } from '#server/drivers/docker/docker-settings.ts';
import { imageConfig } from '#server/environments/image/image-settings.ts';
import { pythonConfig } from '#server/environments/python-settings.ts';
import { tritonConfig } from '#server/environments/triton-program.ts';
import { remoteModelsConfig } from '#server/models/remote/remote-settings.ts';
import { uploadConfig } from '#server/models/upload-config.ts';
import { tlsConfig } from '#server/tls/tls-config.ts';

/** Settings that only the control plane reads; the supervisor hands the token over. */
const ownConfig = {
  VIRIDIAN_STUDIO_TOKEN: z
    .string()
    .min(32)
    .optional()
    .describe('Secret that studio and control plane share; without it the API answers API keys only'),
  VIRIDIAN_STOP_INSTANCES: z
    .stringbool()
    .default(false)
    .describe('Ends model instances when the control plane is told to stop'),
} satisfies ConfigSlice;

export const controlPlaneSettings = {
  ...dataDirConfig,
  ...listenConfig,
  ...administratorConfig,
  ...accessConfig,
  ...uploadConfig,
  ...remoteModelsConfig,
  ...tlsConfig,
  ...pythonConfig,
  ...imageConfig,
  ...dockerConfig,
  ...tritonConfig,
  VIRIDIAN_DOMAIN: gatewayConfig.VIRIDIAN_DOMAIN,
  ...ownConfig,
} satisfies ConfigSlice;

export type ControlPlaneSettings = ParsedSlice<typeof controlPlaneSettings>;
