import { stringify } from 'yaml';
import { modelOf, type ServedSource } from './draft.ts';
import { registrationPath } from './model-source.ts';
import { type ChosenDraft, deploymentBody, endpointBody } from './draft-requests.ts';

const SCHEMAS = 'https://azuremlschemas.azureedge.net/latest';

/**
 * The draft as YAML documents, the endpoint's first where it is new. Field names are those of the REST bodies, so each document is a valid
 * body too. A model that is not registered yet is described in place.
 */
export function draftToYaml(draft: ChosenDraft): string {
  const documents: object[] = [];
  const endpointName = draft.endpoint.name.toLowerCase();
  if (draft.endpoint.isNew) {
    documents.push({
      $schema: `${SCHEMAS}/managedOnlineEndpoint.schema.json`,
      name: endpointName,
      ...endpointBody(draft),
    });
  }
  documents.push({
    $schema: `${SCHEMAS}/managedOnlineDeployment.schema.json`,
    name: draft.deployment.toLowerCase(),
    endpoint_name: endpointName,
    ...deploymentBody(draft),
    ...inlineModel(draft.model),
  });
  const texts = documents.map((document) => stringify(document, { lineWidth: 0 }));
  // The endpoint cannot name a deployment that is not there yet, so the share is no field of either document.
  const share = draft.takesAllTraffic ? '# Takes all live traffic once it is ready: ?all_traffic=true\n' : '';
  return [...texts.slice(0, -1), `${share}${texts.at(-1)}`].join('---\n');
}

function inlineModel(source: ServedSource | null): object {
  const model = source && modelOf(source);
  const path = registrationPath(model);
  return model === null || path === null ? {} : { model: { name: model.name, path } };
}
