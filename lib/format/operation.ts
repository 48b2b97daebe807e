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
  const [, kind, first = '', , second] = operation.resource.split('/');
  if (kind === 'models') return describeRegistration(operation, first, second);
  const [endpoint, deployment] = [first, second];
  return {
    endpoint,
    deployment: deployment ?? null,
    object: deployment ? `${endpoint} / ${deployment}` : endpoint,
    verb: VERBS[operation.kind],
    href: `/endpoints/${encodeURIComponent(endpoint)}/operations/${encodeURIComponent(operation.id)}`,
  };
}

/** A registration belongs to no endpoint, and its model may not be there yet. */
function describeRegistration({ id, kind }: Pick<Operation, 'id' | 'kind'>, model: string, version = '') {
  return {
    endpoint: '',
    deployment: null,
    object: `${model}, version ${version}`,
    verb: VERBS[kind],
    href: `/models/register?operation=${encodeURIComponent(id)}`,
  };
}
