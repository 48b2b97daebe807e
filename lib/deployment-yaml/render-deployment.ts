import { type DeploymentDraft, deploymentBodyOf } from './deployment-draft.ts';

type Value = string | number | boolean | { [key: string]: Value | undefined };

const SCHEMAS = 'https://azuremlschemas.azureedge.net/latest';

/** The YAML documents that say the same as the form: the endpoint, where it is new, and the deployment. */
export function renderYaml(draft: DeploymentDraft): string {
  const deployment = renderMap({
    $schema: `${SCHEMAS}/managedOnlineDeployment.schema.json`,
    ...(deploymentBodyOf(draft) as Record<string, Value>),
  });
  if (!draft.isNewEndpoint) return deployment;
  const endpoint = renderMap({
    $schema: `${SCHEMAS}/managedOnlineEndpoint.schema.json`,
    name: draft.endpointName,
    auth_mode: 'key',
  });
  return `${endpoint}---\n${deployment}`;
}

function renderMap(map: Record<string, Value | undefined>, indent = ''): string {
  return Object.entries(map)
    .filter((entry): entry is [string, Value] => entry[1] !== undefined)
    .map(([key, value]) =>
      typeof value === 'object'
        ? `${indent}${key}:\n${renderMap(value, `${indent}  `)}`
        : `${indent}${key}: ${renderScalar(value)}\n`,
    )
    .join('');
}

/** Plain where YAML 1.2 reads it back as the same text, else in double quotes, whose escapes are those of JSON. */
function renderScalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const plain =
    /^[A-Za-z_/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|y|n|~)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}

/** The same as REST calls, in the order in which they must be made. The key stays a variable. */
export function renderCurl(draft: DeploymentDraft, apiUrl: string): string {
  const endpoint = `${apiUrl}/endpoints/${encodeURIComponent(draft.endpointName)}`;
  const calls = [
    ...(draft.source === 'registered'
      ? []
      : draft.modelVersion === ''
        ? [call('POST', `${apiUrl}/models/${encodeURIComponent(draft.modelName)}/versions`, { path: draft.modelPath })]
        : [
            call(
              'PUT',
              `${apiUrl}/models/${encodeURIComponent(draft.modelName)}/versions/${encodeURIComponent(draft.modelVersion)}`,
              { path: draft.modelPath },
            ),
          ]),
    ...(draft.isNewEndpoint ? [call('PUT', endpoint, {})] : []),
    call(
      'PUT',
      `${endpoint}/deployments/${encodeURIComponent(draft.deploymentName)}${draft.takesAllTraffic ? '?all_traffic=true' : ''}`,
      deploymentBodyOf(draft),
    ),
  ];
  return calls.join('\n\n');
}

function call(method: string, url: string, body: unknown): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return `curl -X ${method} '${url}' \\\n  -H "Authorization: Bearer $VIRIDIAN_API_KEY" \\\n  -H 'Content-Type: application/json' \\\n  -d '${json}'`;
}
