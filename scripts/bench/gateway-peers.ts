import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envoyConfig } from './envoy-config.ts';
import { ENDPOINTS, type EndpointName, type Models, startNginx } from './gateway-models.ts';
import { end, freePort, missingReason, untilListening } from './gateway-process.ts';
import { benchTable, KEY } from './gateway-table.ts';
import { SERVER_CORE } from './pinning.ts';
import { spawnOnCore } from './run-on-core.ts';

/** The gateways that are compared, all doing the same work: 90/10 split, key check, request id, kept upstream connections. */

const GATEWAY_SCRIPT = join(import.meta.dirname, '../../server/bin/gateway.ts');

export interface Peer {
  readonly name: string;
  /** The processes that do the work; none where the models are called directly. */
  readonly pids: readonly number[];
  /** Where an endpoint is called. */
  target(endpoint: EndpointName): { port: number; path: string };
  stop(): Promise<void>;
}

export const PEERS = ['viridian', 'nginx', 'haproxy', 'envoy'] as const;
export type PeerName = (typeof PEERS)[number];

/** Why a gateway cannot take part, or null. */
export function whyNot(name: PeerName): string | null {
  return name === 'viridian' ? null : missingReason(name);
}

/** @returns for instance `1.22.1` */
export function versionOf(name: PeerName): string {
  const { stdout, stderr } = spawnSync(name, [name === 'envoy' ? '--version' : '-v'], { encoding: 'utf8' });
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? '?';
}

/** Starts a gateway of its own, whatever others of its kind are running. */
export function startPeer(name: PeerName, folder: string, models: Models): Promise<Peer> {
  const own = mkdtempSync(join(folder, `${name}-`));
  return { viridian: startViridian, nginx: startNginxPeer, haproxy: startHaproxy, envoy: startEnvoy }[name](
    own,
    models,
  );
}

/** No gateway: what the rest of the harness costs. */
export function directPeer(models: Models): Peer {
  return {
    name: 'direct',
    pids: [],
    target: (endpoint) => ({ port: models.ports[endpoint][0], path: '/score' }),
    stop: async () => undefined,
  };
}

export interface ViridianOptions {
  workers?: number;
  /** Endpoints in its table. */
  endpoints?: number;
  core?: number | string | null;
}

export async function startViridian(folder: string, models: Models, options: ViridianOptions = {}): Promise<Peer> {
  const { workers = 1, endpoints = ENDPOINTS.length, core = SERVER_CORE } = options;
  const dataDir = mkdtempSync(join(folder, 'data-'));
  mkdirSync(join(dataDir, 'routing'));
  writeFileSync(join(dataDir, 'routing', 'route-table.json'), JSON.stringify(benchTable(models.ports, endpoints)));
  const port = await freePort();
  const env = {
    VIRIDIAN_DATA_DIR: dataDir,
    VIRIDIAN_GATEWAY_PORT: String(port),
    VIRIDIAN_GATEWAY_WORKERS: String(workers),
    VIRIDIAN_GATEWAY_TLS: 'off',
    VIRIDIAN_LOG_LEVEL: 'warn',
  };
  const child = spawnOnCore(core, [process.execPath, GATEWAY_SCRIPT], { env, ipc: true });
  await untilReady(child);
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1');
  return {
    name: 'viridian',
    pids: children.trim().split(' ').map(Number),
    target: (endpoint) => ({ port, path: `/${endpoint}/score` }),
    stop: () => end(child, 'SIGTERM'),
  };
}

/** The primary says so once every worker listens. @throws when it ends instead */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as { type?: string }).type === 'ready') resolve();
    });
    child.once('exit', (status) => reject(new Error(`viridian ended with status ${status} instead of serving`)));
  });
}

async function startNginxPeer(folder: string, models: Models): Promise<Peer> {
  const port = await freePort();
  const upstream = (name: EndpointName): string => {
    const [blue, green] = models.ports[name];
    return `upstream ${name} { server 127.0.0.1:${blue} weight=9; server 127.0.0.1:${green} weight=1; keepalive 1024; keepalive_requests 100000000; }`;
  };
  const location = (name: EndpointName): string => `location /${name}/ {
        if ($allowed = 0) { return 401; }
        proxy_pass http://${name}/; proxy_http_version 1.1;
        proxy_set_header Connection ""; proxy_set_header Authorization ""; proxy_set_header X-Request-Id $request_id;
        proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
        add_header X-Request-Id $request_id always; proxy_request_buffering off;
        ${name === 'stream' ? 'proxy_buffering off;' : 'proxy_buffers 8 64k; proxy_max_temp_file_size 0;'}
      }`;
  const config = `
    ${ENDPOINTS.map(upstream).join('\n')}
    map $http_authorization $allowed { default 0; "Bearer ${KEY}" 1; }
    server { listen 127.0.0.1:${port} backlog=4096; access_log off; keepalive_requests 100000000; client_max_body_size 0;
      ${ENDPOINTS.map(location).join('\n')} }`;
  return servingPeer('nginx', port, startNginx(folder, 'peer', config, SERVER_CORE));
}

async function startHaproxy(folder: string, models: Models): Promise<Peer> {
  const port = await freePort();
  const backend = (name: EndpointName): string => {
    const [blue, green] = models.ports[name];
    return `backend ${name}
  http-request replace-path /[^/]*(/.*) \\1
  balance roundrobin${name === 'stream' ? '\n  option http-no-delay' : ''}
  server blue 127.0.0.1:${blue} weight 90
  server green 127.0.0.1:${green} weight 10
`;
  };
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend front
  bind 127.0.0.1:${port} backlog 4096
  unique-id-format %{+X}o%ci%cp%fi%fp%Ts%rt%pid
  unique-id-header X-Request-Id
  http-request deny deny_status 401 unless { req.hdr(authorization) -m str "Bearer ${KEY}" }
  http-request del-header authorization
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
  http-response set-header X-Request-Id %[unique-id]
  use_backend %[path,field(2,/)]
${ENDPOINTS.map(backend).join('')}`,
  );
  return servingPeer('haproxy', port, spawnOnCore(SERVER_CORE, ['haproxy', '-db', '-q', '-f', file]));
}

async function startEnvoy(folder: string, models: Models): Promise<Peer> {
  const port = await freePort();
  const file = join(folder, 'envoy.json');
  writeFileSync(file, JSON.stringify(envoyConfig({ port, key: KEY, endpoints: models.ports })));
  const options = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
  return servingPeer('envoy', port, spawnOnCore(SERVER_CORE, ['envoy', '-c', file, ...options]));
}

async function servingPeer(name: PeerName, port: number, child: ChildProcess): Promise<Peer> {
  await untilListening(port, child);
  return {
    name,
    pids: [child.pid as number],
    target: (endpoint) => ({ port, path: `/${endpoint}/score` }),
    stop: () => end(child, 'SIGKILL'),
  };
}
