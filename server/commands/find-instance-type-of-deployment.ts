import { AppError } from '#server/kernel/app-error.ts';
import { fitInstanceType, type HostCapacity, type InstanceTypeRecord } from '#server/domain/instance-type.ts';
import type { DeploymentFindings } from '#server/domain/resolve-deployment-spec.ts';
import type { Reader } from '#server/store/database.ts';
import { findInstanceType, instanceTypeKey, listInstanceTypes } from '#server/store/instance-type-store.ts';

/**
 * The instance type that a deployment names, with what it gets on this host; without a name the smallest that fits.
 * @throws AppError `deployment.instance_type_unknown`, `deployment.instance_type_too_large`
 */
export async function findInstanceTypeOfDeployment(
  reader: Reader,
  host: HostCapacity,
  name: string | undefined,
): Promise<DeploymentFindings['instanceType']> {
  const type = name === undefined ? await findSmallest(reader, host) : await findNamed(reader, name);
  const fit = fitInstanceType(type, host);
  if (!fit.fits)
    throw refuse('deployment.instance_type_too_large', `Instance type "${type.name}" does not fit. ${fit.reason}`);
  const full = fit.cpu === type.cpu && fit.memoryMib === type.memoryMib;
  return {
    key: instanceTypeKey(type.name),
    cpu: fit.cpu,
    memoryMib: fit.memoryMib,
    gpus: type.gpus,
    fitReason: full ? '' : `Instance type "${type.name}" is cut to this host. ${fit.reason}`,
  };
}

async function findNamed(reader: Reader, name: string): Promise<InstanceTypeRecord> {
  const type = await findInstanceType(reader, name);
  if (type !== null) return type;
  throw refuse(
    'deployment.instance_type_unknown',
    `There is no instance type "${name}". GET /instance-types lists them.`,
  );
}

async function findSmallest(reader: Reader, host: HostCapacity): Promise<InstanceTypeRecord> {
  const fitting = (await listInstanceTypes(reader)).filter(
    (type) => fitInstanceType(type, host).fits && type.gpus === 0,
  );
  const [smallest] = fitting.toSorted((a, b) => a.cpu - b.cpu || a.memoryMib - b.memoryMib);
  if (smallest !== undefined) return smallest;
  throw refuse(
    'deployment.instance_type_unknown',
    'No instance type fits this host. Make one with PUT /instance-types/{name}.',
  );
}

function refuse(
  code: 'deployment.instance_type_unknown' | 'deployment.instance_type_too_large',
  message: string,
): AppError {
  return new AppError(code, message, { errors: [{ path: '/instance_type', message }] });
}
