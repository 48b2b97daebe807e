import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { LOAD_CORE, onCore, SERVER_CORE } from './pinning.ts';

/** The gateways that are compared, all doing the same work: 90/10 split, key check, request id, kept upstream connections. */

export const KEY = 'bench-key-0123456789abcdef0123456789abcdef';
const ROOT = join(import.meta.dirname, '../..');
const ANSWER = '{"predictions":[0.1,0.2,0.7]}';

export interface Peer {
  name: string;
  port: number;
  /** The process that does the work. */
  workerPid: number;
  stop(): void;
}

/** Why a program cannot take part, or null when it can. */
export function missingReason(program: string, packageName: string): string | null {
  const found = spawnSync(program, ['-v'], { encoding: 'utf8' }).error === undefined;
  return found ? null : `${program} is not installed (Debian: apt-get install ${packageName})`;
}

/** Ports of the two deployments of each endpoint. */
export interface Upstreams {
  /** Answers from the head alone. */
  bench: [number, number];
  /** Reads bodies to their end first. */
  upload: [number, number];
  stop(): void;
}

/** Models that answer every request with the same small body, on the core of the load. */
export async function startUpstreams(folder: string): Promise<Upstreams> {
  const bench: [number, number] = [await freePort(), await freePort()];
  const upload: [number, number] = [await freePort(), await freePort()];
  const servers = bench
    .map(
      (port) => `server { listen 127.0.0.1:${port} backlog=4096 reuseport; access_log off; keepalive_requests 100000000;
        client_max_body_size 0; location / { default_type application/json; return 200 '${ANSWER}'; } }`,
    )
    .join('\n');
  const fixed = startNginx(folder, 'upstream', servers, LOAD_CORE);
  const reader = spawnOn(LOAD_CORE, [
    process.execPath,
    join(ROOT, 'scripts/bench/gateway-upstream.ts'),
    ...upload.map(String),
  ]);
  const stop = (): void => {
    fixed.kill('SIGKILL');
    reader.kill('SIGKILL');
  };
  await Promise.all([
    ...bench.map((port) => untilListening(port, fixed)),
    ...upload.map((port) => untilListening(port, reader)),
  ]);
  return { bench, upload, stop };
}

export async function startViridian(folder: string, upstreams: Upstreams): Promise<Peer> {
  const dataDir = join(folder, 'viridian');
  mkdirSync(join(dataDir, 'routing'), { recursive: true });
  writeFileSync(join(dataDir, 'routing', 'route-table.json'), JSON.stringify(routeTable(upstreams)));
  const port = await freePort();
  const child = spawnOn(SERVER_CORE, [process.execPath, join(ROOT, 'server/bin/gateway.ts')], {
    VIRIDIAN_DATA_DIR: dataDir,
    VIRIDIAN_GATEWAY_PORT: String(port),
    VIRIDIAN_GATEWAY_WORKERS: '1',
    VIRIDIAN_LOG_LEVEL: 'warn',
  });
  await untilListening(port, child);
  const { pid } = child;
  const workerPid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ')[0]);
  return { name: 'viridian', port, workerPid, stop: () => child.kill('SIGTERM') };
}

export async function startNginxPeer(folder: string, upstreams: Upstreams): Promise<Peer> {
  const port = await freePort();
  const upstream = (name: string, [blue, green]: readonly number[]): string =>
    `upstream ${name} { server 127.0.0.1:${blue} weight=9; server 127.0.0.1:${green} weight=1; keepalive 128; keepalive_requests 100000000; }`;
  const location = (name: string): string => `location /${name}/ {
        if ($allowed = 0) { return 401; }
        proxy_pass http://${name}/; proxy_http_version 1.1;
        proxy_set_header Connection ""; proxy_set_header Authorization ""; proxy_set_header X-Request-Id $request_id;
        proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
        add_header X-Request-Id $request_id always; proxy_request_buffering off; proxy_buffering off;
      }`;
  const config = `
    ${upstream('bench', upstreams.bench)}
    ${upstream('upload', upstreams.upload)}
    map $http_authorization $allowed { default 0; "Bearer ${KEY}" 1; }
    server { listen 127.0.0.1:${port} backlog=4096; access_log off; keepalive_requests 100000000; client_max_body_size 0;
      ${location('bench')} ${location('upload')} }`;
  const child = startNginx(folder, 'peer', config, SERVER_CORE);
  await untilListening(port, child);
  return { name: 'nginx', port, workerPid: child.pid as number, stop: () => child.kill('SIGKILL') };
}

export async function startHaproxy(folder: string, upstreams: Upstreams): Promise<Peer> {
  const port = await freePort();
  const backend = (name: string, [blue, green]: readonly number[]): string => `backend ${name}
  http-request replace-path /[^/]*(/.*) \\1
  balance roundrobin
  server blue 127.0.0.1:${blue} weight 90
  server green 127.0.0.1:${green} weight 10
`;
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
${backend('bench', upstreams.bench)}${backend('upload', upstreams.upload)}`,
  );
  const child = spawnOn(SERVER_CORE, ['haproxy', '-db', '-q', '-f', file]);
  await untilListening(port, child);
  return { name: 'haproxy', port, workerPid: child.pid as number, stop: () => child.kill('SIGKILL') };
}

function startNginx(folder: string, name: string, http: string, core: number | null): ChildProcess {
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/${name}.pid; error_log ${folder}/${name}.log;
events { worker_connections 20000; }
http { map_hash_bucket_size 256; client_body_temp_path ${folder}/${name}-body; proxy_temp_path ${folder}/${name}-proxy; fastcgi_temp_path ${folder}/${name}-f;
uwsgi_temp_path ${folder}/${name}-u; scgi_temp_path ${folder}/${name}-s; keepalive_timeout 120s; ${http} }`,
  );
  return spawnOn(core, ['nginx', '-c', file, '-p', folder]);
}

function routeTable(upstreams: Upstreams): unknown {
  const deployment = (name: string, weight: number, port: number | undefined): unknown => ({
    name,
    weight,
    mirrorPercent: 0,
    requestTimeoutMs: 60_000,
    maxQueueWaitMs: 30_000,
    instances: [{ id: `${name}-1`, generation: 1, host: '127.0.0.1', port, maxConcurrency: 20_000 }],
  });
  const endpoint = (name: string, ports: readonly number[]): unknown => ({
    name,
    auth: { mode: 'key', keys: [{ id: 'primary', sha256: createHash('sha256').update(KEY).digest('hex') }] },
    publicNetworkAccess: 'enabled',
    stickyHeader: null,
    limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions: false,
    mapModelErrors: false,
    allowWebsocket: false,
    corsOrigins: [],
    deployments: [deployment('blue', 90, ports[0]), deployment('green', 10, ports[1])],
  });
  return {
    version: 1,
    revision: 1,
    endpoints: [endpoint('bench', upstreams.bench), endpoint('upload', upstreams.upload)],
  };
}

function spawnOn(core: number | null, command: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const [program, ...args] = onCore(core, command);
  return spawn(program as string, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`a server ended with status ${child.exitCode}`);
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
