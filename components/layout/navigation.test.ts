import { expect, test } from 'vitest';
import { crumbsOf, isUnder } from './navigation.ts';

const labels = (path: string) => crumbsOf(path).map((crumb) => crumb.label);

test.each([
  ['/', ['Overview']],
  ['/endpoints', ['Endpoints']],
  ['/endpoints/new', ['Endpoints', 'New endpoint']],
  ['/endpoints/iris/monitoring', ['Endpoints', 'iris']],
  ['/endpoints/iris/deployments/new', ['Endpoints', 'iris', 'New deployment']],
  ['/endpoints/iris/deployments/blue', ['Endpoints', 'iris', 'blue']],
  ['/endpoints/iris/operations/op_1', ['Endpoints', 'iris', 'Operation']],
  ['/models/register', ['Models', 'Register a model']],
  ['/models/churn/versions/3', ['Models', 'churn', 'Version 3']],
  ['/environments/new', ['Environments', 'New environment version']],
  ['/environments/py/versions/2', ['Environments', 'py', 'Version 2']],
  ['/admin/registries', ['Registries']],
  ['/admin/api-keys', ['API keys']],
  ['/admin/tls', ['TLS']],
])('%s is at %j', (path, crumbs) => expect(labels(path)).toEqual(crumbs));

test('the overview is not above every page', () => {
  expect(isUnder('/endpoints', '/')).toBe(false);
  expect(isUnder('/endpoints/iris', '/endpoints')).toBe(true);
  expect(isUnder('/endpoints-archive', '/endpoints')).toBe(false);
});
