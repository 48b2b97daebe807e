import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where everything lives; the one place that names paths inside the data directory. */
export interface DataDir {
  root: string;
  database: string;
  masterKey: string;
  /** Seals what the gateway has to tell external servers: the control plane and the gateway read it. */
  upstreamKey: string;
  studioToken: string;
  sessionSecret: string;
  portsFile: string;
  supervisorLock: string;
  /** Keys and certificates of the gateway's TLS port. */
  localCa: { authority: string; server: string; authorityCertificate: string };
  /** Account, certificates and failed attempts of ACME. */
  acme: string;
  gatewaySocket: string;
  telemetrySocket: string;
  routeTable: string;
  models: string;
  uploads: string;
  /** Models on their way from elsewhere; emptied at every start. */
  imports: string;
  /** Code, build contexts and saved images of deployments and environments, by the hash of their content. */
  files: string;
  /** Environments that were built, and the records of their builds. */
  environments: string;
  instances: string;
  logs: string;
  telemetry: string;
  /** Compiled code of our own programs (NODE_COMPILE_CACHE): they start in half the time and with less memory. Can be thrown away. */
  compileCache: string;
  /** What the Python server found out about models. Can be thrown away. */
  servingCache: string;
}

/** Longest path that a Unix socket address holds on Linux is 107 bytes; on macOS 103. */
const MAX_SOCKET_PATH_BYTES = 100;

function socketPath(root: string, name: string): string {
  const direct = join(root, 'run', name);
  if (Buffer.byteLength(direct) <= MAX_SOCKET_PATH_BYTES) return direct;
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(tmpdir(), `viridian-${digest}-${name}`);
}

export function dataDirPaths(root: string): DataDir {
  return {
    root,
    database: join(root, 'viridian.db'),
    masterKey: join(root, 'keys', 'master.key'),
    upstreamKey: join(root, 'keys', 'upstream.key'),
    studioToken: join(root, 'keys', 'studio.token'),
    sessionSecret: join(root, 'keys', 'session.secret'),
    portsFile: join(root, 'run', 'ports.json'),
    supervisorLock: join(root, 'run', 'supervisor.lock'),
    localCa: {
      authority: join(root, 'keys', 'tls', 'local-ca.pem'),
      server: join(root, 'keys', 'tls', 'local-server.pem'),
      authorityCertificate: join(root, 'keys', 'tls', 'local-ca.crt'),
    },
    acme: join(root, 'keys', 'tls', 'acme'),
    gatewaySocket: socketPath(root, 'gateway.sock'),
    telemetrySocket: socketPath(root, 'telemetry.sock'),
    routeTable: join(root, 'routing', 'route-table.json'),
    models: join(root, 'models'),
    uploads: join(root, 'uploads'),
    imports: join(root, 'imports'),
    files: join(root, 'files'),
    environments: join(root, 'environments'),
    instances: join(root, 'instances'),
    logs: join(root, 'logs'),
    telemetry: join(root, 'telemetry'),
    compileCache: join(root, 'cache', 'compiled'),
    servingCache: join(root, 'cache', 'serving'),
  };
}

/** Makes the data directory and its folders, readable by their owner only. */
export function ensureDataDir(root: string): DataDir {
  const paths = dataDirPaths(root);
  const folders = [
    root,
    'keys',
    'run',
    'routing',
    'models',
    'uploads',
    'imports',
    'files',
    'environments',
    'instances',
    'logs',
    'telemetry',
    'cache',
  ];
  for (const folder of folders)
    mkdirSync(folder === root ? root : join(root, folder), { recursive: true, mode: 0o700 });
  return paths;
}
