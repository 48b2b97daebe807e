import { externalUrlFault, headerNameFault, headerValueFault, parseExternalUrl } from '../contracts/external-rules.ts';
import type { ExternalWrite } from '../contracts/external-server.ts';
import type { DraftFault } from './draft-field.ts';
import { portFaults } from './port-faults.ts';

/** Servers that run already and are served in place of a model. */
export interface ExternalSource {
  kind: 'external';
  /** Made from the host, for suggestions. */
  name: string;
  urls: string[];
  healthPath: string;
  headers: HeaderDraft[];
  /** Empty means that calls of gRPC go to the ports of the URLs. */
  grpcPort: string;
}

export interface HeaderDraft {
  name: string;
  value: string;
}

/** What somebody typed about external servers. */
export interface ExternalForm {
  /** One URL a line. */
  urls: string;
  healthPath: string;
  headers: HeaderDraft[];
  grpcPort: string;
}

export const EMPTY_EXTERNAL: ExternalForm = { urls: '', healthPath: '/', headers: [], grpcPort: '' };

export function externalSource({ urls, healthPath, headers, grpcPort }: ExternalForm): ExternalSource {
  const lines = urls.split('\n').flatMap((line) => line.trim() || []);
  const first = lines.find((line) => externalUrlFault(line) === null);
  return {
    kind: 'external',
    name: first === undefined ? '' : nameOf(parseExternalUrl(first).host),
    urls: lines,
    healthPath: healthPath.trim(),
    headers: headers.filter(({ name, value }) => name !== '' || value !== ''),
    grpcPort: grpcPort.trim(),
  };
}

/** A host's first label says what it is; an address says nothing. */
function nameOf(host: string): string {
  return /^[\d.]+$|:/.test(host) ? 'external' : (host.split('.')[0] ?? 'external');
}

export function externalBody({ urls, healthPath, headers, grpcPort }: ExternalSource): ExternalWrite {
  return {
    urls,
    ...(healthPath !== '' && healthPath !== '/' && { health_path: healthPath }),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])) }),
    ...(grpcPort !== '' && { grpc_port: Number(grpcPort) }),
  };
}

/** The same with names in place of values, for texts that people keep and pass on. */
export function withoutSecrets(source: ExternalSource): ExternalSource {
  return { ...source, headers: source.headers.map(({ name }) => ({ name, value: `<value of ${name}>` })) };
}

export function externalFaults({ urls, healthPath, headers, grpcPort }: ExternalSource): DraftFault[] {
  const faults: DraftFault[] = [];
  if (urls.length === 0) faults.push({ field: 'external-urls', message: 'Give the URL of at least one server.' });
  for (const url of urls) {
    const fault = externalUrlFault(url);
    if (fault !== null) faults.push({ field: 'external-urls', message: `${url} ${fault}.` });
  }
  if (!/^(?:\/[^\s#]*)?$/.test(healthPath)) {
    faults.push({
      field: 'external-health-path',
      message: 'The health path must start with "/" and hold no space or "#".',
    });
  }
  faults.push(...portFaults(grpcPort, 'external-grpc-port'));
  for (const { name, value } of headers) {
    const fault = headerNameFault(name) ?? headerValueFault(value);
    if (fault !== null) faults.push({ field: 'external-headers', message: `The header "${name}" ${fault}.` });
  }
  return faults;
}
