import { z } from 'zod';
import { resourceNameSchema } from '#lib/contracts/resource.ts';

/** A name to look something up with: one that breaks the rule is simply not found. Compared in lower case. */
const knownName = z.string().toLowerCase();

export const endpointParams = z.object({ endpoint: knownName });
export const deploymentParams = z.object({ endpoint: knownName, deployment: knownName });

/** Names that may be new, so the rule counts. */
export const newEndpointParams = z.object({ endpoint: resourceNameSchema });
export const newDeploymentParams = z.object({ endpoint: knownName, deployment: resourceNameSchema });
