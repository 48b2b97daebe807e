import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import { MASKED_VALUE, parseExternalUrl } from '#lib/contracts/external-rules.ts';
import type { FieldError } from '#lib/contracts/problem.ts';
import type { DeploymentKey, DeploymentRecord } from '#server/domain/deployment.ts';
import { EXTERNAL_INSTANCE_TYPE, type ExternalServers, hostFault } from '#server/domain/external-server.ts';
import { externalInstanceType } from '#server/domain/resolve-external-spec.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Reader } from '#server/store/database.ts';
import { findInstanceType } from '#server/store/instance-type-store.ts';

/** What header values are sealed for. */
export const headerOwner = ({ endpointName, name }: DeploymentKey): string => `${endpointName}/${name}`;

/**
 * Resolves the hosts of external servers and checks every address; asks the network, so not for inside of a transaction.
 * @throws AppError `deployment.address_not_allowed` or `deployment.address_unknown` naming each URL that cannot be used
 */
export async function checkServerAddresses(externals: ExternalServers, { external }: DeploymentWrite): Promise<void> {
  if (external === undefined) return;
  const found = await Promise.all(
    external.urls.map(async (url, index) => {
      const { host } = parseExternalUrl(url);
      const addresses = await externals.resolve(host);
      return { kind: addresses.kind, path: `/external/urls/${index}`, message: hostFault(host, addresses) };
    }),
  );
  const faults = found.filter((one) => one.message !== null);
  if (faults.length === 0) return;
  const errors = faults.map(({ path, message }): FieldError => ({ path, message: message ?? '' }));
  const isForbidden = faults.some(({ kind }) => kind === 'forbidden');
  const detail = errors.map(({ message }) => message).join(' ');
  throw new AppError(isForbidden ? 'deployment.address_not_allowed' : 'deployment.address_unknown', detail, { errors });
}

/**
 * Seals the header values of a description. A value that is equal to the one that is kept, or masked, stays the sealed value that it was: sealing
 * it again would make a new deployment of an old one.
 * @throws AppError `request.invalid` for a masked value where none is kept
 */
export function sealHeaders(
  externals: ExternalServers,
  key: DeploymentKey,
  written: DeploymentWrite,
  current: DeploymentRecord | null,
): DeploymentWrite {
  const { external } = written;
  if (external?.headers === undefined) return written;
  const owner = headerOwner(key);
  const kept = new Map(
    Object.entries(current?.written.external?.headers ?? {}).map(([name, sealed]) => [name.toLowerCase(), sealed]),
  );
  const headers = Object.entries(external.headers).map(([name, value]) => {
    const known = kept.get(name.toLowerCase());
    if (value === MASKED_VALUE) return [name, known ?? refuseMask(name)];
    return [
      name,
      known !== undefined && opensTo(externals, owner, known, value) ? known : externals.seal(owner, value),
    ];
  });
  return { ...written, external: { ...external, headers: Object.fromEntries(headers) } };
}

/** What was sealed with a key that is lost is replaced by what is written now. */
function opensTo(externals: ExternalServers, owner: string, sealed: string, value: string): boolean {
  try {
    return externals.open(owner, sealed) === value;
  } catch {
    return false;
  }
}

function refuseMask(name: string): never {
  const message = `must be the value itself: no value of "${name}" is kept that "${MASKED_VALUE}" could stand for`;
  throw new AppError('request.invalid', `The header ${name} ${message}.`, {
    errors: [{ path: `/external/headers/${name}`, message }],
  });
}

/** A description as its author may see it: the base of a merge patch. */
export function maskHeaders(written: DeploymentWrite): DeploymentWrite {
  const { external } = written;
  if (external?.headers === undefined) return written;
  const headers = Object.fromEntries(Object.keys(external.headers).map((name) => [name, MASKED_VALUE]));
  return { ...written, external: { ...external, headers } };
}

/**
 * Key of the instance type whose price external servers are counted at. It need not fit this host: they run elsewhere.
 * @throws AppError `deployment.instance_type_unknown`
 */
export async function findExternalInstanceType(reader: Reader, written: DeploymentWrite): Promise<string> {
  const key = externalInstanceType(written);
  if (key === EXTERNAL_INSTANCE_TYPE || (await findInstanceType(reader, key)) !== null) return key;
  const message = `There is no instance type "${written.instance_type}". Leave it out, or make one whose price is counted for the servers.`;
  throw new AppError('deployment.instance_type_unknown', message, { errors: [{ path: '/instance_type', message }] });
}
