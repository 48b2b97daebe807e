import { ANSWERS, type GatewayAnswer } from './gateway-answer.ts';
import { fieldId } from './http1/field-names.ts';
import type { RequestHead } from './http1/request-head.ts';
import { chooseByRendezvous } from './rendezvous.ts';
import type { DeploymentRoute, EndpointRoute } from './route-index.ts';

const PIN = fieldId('azureml-model-deployment');

/** Whether the caller named the deployment; such a request is not mirrored and does not move the split. */
export function isPinned(head: RequestHead): boolean {
  return head.fields.has(PIN);
}

/**
 * The deployment that a request goes to: the one it names, else by a hash of the sticky field where the endpoint has one and the request carries it,
 * else the next of the split. A chosen deployment without instances is not replaced by another: the split is the operator's decision.
 */
export function chooseDeployment(endpoint: EndpointRoute, head: RequestHead): DeploymentRoute | GatewayAnswer {
  const { fields } = head;
  const pin = fields.lineOf(PIN);
  if (pin >= 0) return endpoint.byName.get(fields.value(pin).toLowerCase()) ?? ANSWERS.unknownDeployment;
  if (endpoint.split === null) return ANSWERS.noDeployment;
  if (endpoint.stickyHeader !== null) {
    const line = fields.findByName(endpoint.stickyHeader);
    if (line >= 0) {
      const chosen = chooseByRendezvous(fields.value(line), endpoint.names, endpoint.weights);
      return endpoint.deployments[chosen] as DeploymentRoute;
    }
  }
  return endpoint.deployments[endpoint.split.next()] as DeploymentRoute;
}
