import { z } from 'zod';

/** Answer of `GET /endpoints/{endpoint}/deployments/{deployment}/code`: the code as it is deployed. */
export const deploymentCodeSchema = z.object({
  /** Null where a deployment has no code, which then has no files either. */
  scoring_script: z.string().nullable(),
  files: z.array(
    z.object({
      path: z.string(),
      size_bytes: z.number().int(),
      /** Null for what is no text, and for what is too long to be read here. */
      text: z.string().nullable(),
    }),
  ),
});

export type DeploymentCode = z.output<typeof deploymentCodeSchema>;
