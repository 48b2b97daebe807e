import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, freePort, missingReason, untilListening } from './gateway-process.ts';
import { LOAD_CORE } from './pinning.ts';
import { spawnOnCore } from './run-on-core.ts';

/** The models behind the gateways. They share the core of the load, so they are as cheap as can be. */

export const LARGE_BYTES = 100 * 1024;
const ANSWER = '{"predictions":[0.1,0.2,0.7]}';
const UPSTREAM_SCRIPT = join(import.meta.dirname, 'gateway-upstream.ts');
const LARGE_ANSWER = 'large-answer.json';

/**
 * Endpoints by what their models do: `small` answers from the head alone, `upload` when the last byte of the body is there, `download` with 100 KiB,
 * `stream` with server-sent events.
 */
export const ENDPOINTS = ['small', 'upload', 'download', 'stream'] as const;
export type EndpointName = (typeof ENDPOINTS)[number];

export interface Models {
  /** Ports of the two deployments of each endpoint. */
  readonly ports: Readonly<Record<EndpointName, readonly [number, number]>>;
  stop(): Promise<void>;
}

/** Starts two models for each endpoint: nginx where it only has to answer, a small server of ours for the rest or where there is no nginx. */
export async function startModels(folder: string): Promise<Models> {
  const ports = {
    small: [await freePort(), await freePort()],
    upload: [await freePort(), await freePort()],
    download: [await freePort(), await freePort()],
    stream: [await freePort(), await freePort()],
  } satisfies Record<EndpointName, [number, number]>;
  const hasNginx = missingReason('nginx') === null;
  const own: EndpointName[] = hasNginx ? ['upload', 'stream'] : [...ENDPOINTS];
  const servers = own.map((name) => ({
    ports: ports[name],
    child: spawnOnCore(LOAD_CORE, [process.execPath, UPSTREAM_SCRIPT, name, ...ports[name].map(String)]),
  }));
  if (hasNginx) {
    const child = startNginxModels(folder, ports);
    servers.push({ ports: ports.small, child }, { ports: ports.download, child });
  }
  await Promise.all(servers.flatMap(({ ports, child }) => ports.map((port) => untilListening(port, child))));
  return {
    ports,
    stop: async () => void (await Promise.all(servers.map(({ child }) => end(child, 'SIGKILL')))),
  };
}

function startNginxModels(folder: string, ports: Record<'small' | 'download', readonly [number, number]>) {
  writeFileSync(join(folder, LARGE_ANSWER), 'x'.repeat(LARGE_BYTES));
  const server = (port: number, location: string): string =>
    `server { listen 127.0.0.1:${port} backlog=4096; access_log off; keepalive_requests 100000000; client_max_body_size 0;
      location / { default_type application/json; ${location} } }`;
  const servers = [
    ...ports.small.map((port) => server(port, `return 200 '${ANSWER}';`)),
    ...ports.download.map((port) => server(port, `root ${folder}; try_files /${LARGE_ANSWER} =404;`)),
  ];
  return startNginx(folder, 'models', `sendfile on; open_file_cache max=10; ${servers.join('\n')}`, LOAD_CORE);
}

/** Starts nginx with one worker and no master. @param http what stands in the `http` block */
export function startNginx(folder: string, name: string, http: string, core: number | null): ChildProcess {
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/${name}.pid; error_log ${folder}/${name}.log;
events { worker_connections 20000; }
http { map_hash_bucket_size 256; client_body_temp_path ${folder}/${name}-body; proxy_temp_path ${folder}/${name}-proxy; fastcgi_temp_path ${folder}/${name}-f;
uwsgi_temp_path ${folder}/${name}-u; scgi_temp_path ${folder}/${name}-s; keepalive_timeout 120s; ${http} }`,
  );
  return spawnOnCore(core, ['nginx', '-c', file, '-p', folder]);
}
