import type { ExternalWrite, ServerTrial } from '#lib/contracts/external-server.ts';
import { apiPath, fetchItems } from './fetch-json.ts';

/**
 * Asks external servers for their health, from where they would be called.
 * @param of the deployment whose kept values the masked ones stand for
 * @throws ApiProblem
 */
export function tryExternalServers(
  external: ExternalWrite,
  of: { endpoint: string; deployment: string } | null,
): Promise<ServerTrial[]> {
  const names = of === null ? {} : { endpoint_name: of.endpoint, deployment_name: of.deployment };
  return fetchItems(apiPath('external-servers', 'try'), {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ ...external, ...names }),
  });
}
