/** External servers of a deployment, with everything filled in. */
export interface ExternalSpec {
  /** Normalised; in the spec of an instance the one that it stands for. */
  urls: string[];
  healthPath: string;
  /** Values are sealed. */
  headers: Record<string, string>;
  /** Left out where calls of gRPC go to the ports of the URLs. */
  grpcPort?: number;
}

/** Key of the instance type that servers without one are counted under: it has no price unless somebody makes it. */
export const EXTERNAL_INSTANCE_TYPE = 'external';

export type HostAddresses =
  /** Every address may be reached; at least one. */
  | { kind: 'allowed'; addresses: string[] }
  | { kind: 'forbidden'; address: string; reason: string }
  /** There is no address, or none could be found out now. */
  | { kind: 'unknown'; reason: string };

/** A server at the address that was found and checked for it. */
export interface PinnedServer {
  url: string;
  address: string;
  /** Values as they are sent. */
  headers: Readonly<Record<string, string>>;
}

/** Port to servers that run elsewhere. */
export interface ExternalServers {
  /** Finds out the addresses of a host and checks each of them. An address stands for itself. */
  resolve(host: string): Promise<HostAddresses>;
  /** One GET at the pinned address; 200 to 399 is a success. Never rejects. */
  probe(server: PinnedServer, path: string, timeoutMs: number): Promise<{ ok: boolean; words: string }>;
  /** @param deployment `<endpoint>/<deployment>` */
  seal(deployment: string, value: string): string;
  /** @throws AppError platform.internal */
  open(deployment: string, sealed: string): string;
}

/** Why a host cannot be used, and what to do about it; null when it can. */
export function hostFault(host: string, found: HostAddresses): string | null {
  if (found.kind === 'allowed') return null;
  if (found.kind === 'unknown') return `${host} ${found.reason}. Check the name, or give the address itself.`;
  const { address, reason } = found;
  const named = address === host ? address : `${host} resolves to ${address}, which`;
  const remedy = reason.includes('VIRIDIAN_EXTERNAL_ALLOW')
    ? 'Add its network to that setting and start Viridian again if it is meant to be reached.'
    : 'It is never reached; use another address.';
  return `${named} ${reason}. ${remedy}`;
}
