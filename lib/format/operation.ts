import type { Operation, OperationKind } from '#lib/contracts/operation.ts';

const VERBS: Record<OperationKind, string> = {
  'deployment.create': 'create deployment',
  'deployment.update': 'update deployment',
  'deployment.delete': 'delete deployment',
  'deployment.restart': 'restart',
  'endpoint.delete': 'delete endpoint',
  'traffic.update': 'set the split',
  'model.register': 'register model',
};

/** What an operation does, in words, and the page that shows it. */
export function describeOperation(operation: Pick<Operation, 'id' | 'kind' | 'resource'>) {
  const [, , endpoint = '', , deployment] = operation.resource.split('/');
  return {
    endpoint,
    deployment: deployment ?? null,
    object: deployment ? `${endpoint} / ${deployment}` : endpoint,
    verb: VERBS[operation.kind],
    href: `/endpoints/${encodeURIComponent(endpoint)}/operations/${encodeURIComponent(operation.id)}`,
  };
}
