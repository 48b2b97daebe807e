/** `/endpoints/iris/deployments/blue`, as `used_by` lists it, as a link and a name. */
export function describeUser(path: string): { href: string; label: string } {
  const [, , endpoint = '', , deployment = ''] = path.split('/');
  return { href: path, label: `${endpoint} / ${deployment}` };
}
