import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY } from '#server/gateway/vectors/vector.ts';
import { envoyConfig } from '../bench/envoy-config.ts';
import { end, freePort, missingReason, untilListening } from '../bench/gateway-process.ts';

/** Other proxies, set up for the same work as the gateway: endpoints by the first segment, a key, kept connections to the model. */
export const VECTOR_PEERS = ['nginx', 'haproxy', 'envoy', 'node'] as const;
export type VectorPeerName = (typeof VECTOR_PEERS)[number];

/** Why a proxy cannot take part, or null. */
export function whyNot(name: VectorPeerName): string | null {
  return name === 'node' ? null : missingReason(name);
}

export interface VectorPeer {
  readonly port: number;
  readonly hasDied: () => boolean;
  stop(): Promise<void>;
}

export async function startVectorPeer(name: VectorPeerName, folder: string, modelPort: number): Promise<VectorPeer> {
  const port = await freePort();
  const child = { nginx: spawnNginx, haproxy: spawnHaproxy, envoy: spawnEnvoy, node: spawnNode }[name](
    folder,
    port,
    modelPort,
  );
  await untilListening(port, child);
  return {
    port,
    hasDied: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => end(child, 'SIGKILL'),
  };
}

function run(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: 'ignore' });
}

function spawnNginx(folder: string, port: number, modelPort: number): ChildProcess {
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const location = (name: string): string => `location /${name}/ {
        if ($allowed = 0) { return 401; }
        proxy_pass http://model/; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;
        proxy_set_header Host $host; proxy_set_header Connection ""; proxy_set_header Authorization ""; proxy_set_header api-key "";
        proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Request-Id $request_id;
      }`;
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http { access_log off; map_hash_bucket_size 256; ${temporary.join(' ')}
  upstream model { server 127.0.0.1:${modelPort} max_fails=0; keepalive 16; }
  map $http_authorization $allowed { default 0; "Bearer ${KEY}" 1; }
  server { listen 127.0.0.1:${port}; server_name gateway.test; ${['iris', 'ws'].map(location).join('\n')} location / { return 404; } }
}`,
  );
  return run('nginx', ['-c', file, '-p', folder]);
}

function spawnHaproxy(folder: string, port: number, modelPort: number): ChildProcess {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  http-reuse always
frontend front
  bind 127.0.0.1:${port}
  http-request return status 404 unless { path_beg /iris/ } or { path_beg /ws/ }
  http-request deny deny_status 401 unless { req.hdr(authorization) -m str "Bearer ${KEY}" }
  http-request del-header authorization
  http-request del-header api-key
  http-request set-header X-Forwarded-For %[src]
  http-request replace-path /[^/]*(/.*) \\1
  default_backend model
backend model
  server model 127.0.0.1:${modelPort}
`,
  );
  return run('haproxy', ['-db', '-q', '-f', file]);
}

function spawnEnvoy(folder: string, port: number, modelPort: number): ChildProcess {
  const file = join(folder, 'envoy.json');
  writeFileSync(
    file,
    JSON.stringify(envoyConfig({ port, key: KEY, endpoints: { iris: [modelPort], ws: [modelPort] } })),
  );
  return run('envoy', ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'off']);
}

function spawnNode(_folder: string, port: number, modelPort: number): ChildProcess {
  return run(process.execPath, [join(import.meta.dirname, 'node-proxy.ts'), String(port), String(modelPort), KEY]);
}
