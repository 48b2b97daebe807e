import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { systemClock } from '#server/kernel/clock.ts';
import type { DriverHarness, Program } from '../runtime-driver.contract.ts';
import type { ContainerSpec } from '../runtime-driver.ts';
import { createDockerDriver, type DockerDriver, type DockerDriverOptions } from './docker-driver.ts';
import { instanceFilter, networkFilter } from './labels.ts';

/** An image with Python that has to be on the engine; nothing is pulled. */
export const BASE_IMAGE = 'debian:bookworm-slim';

export const ENGINE_HOST = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';

export const docker = new Docker(
  ENGINE_HOST.startsWith('unix://') ? { socketPath: ENGINE_HOST.slice('unix://'.length) } : {},
);

const required = new Set((process.env['VIRIDIAN_REQUIRE'] ?? '').split(','));

async function findBaseImage(): Promise<string | null> {
  const signal = AbortSignal.timeout(5_000);
  const found = await docker
    .getImage(BASE_IMAGE)
    .inspect({ abortSignal: signal } as Docker.ImageInspectOptions)
    .catch(() => null);
  return found?.Id ?? null;
}

const baseImage = await findBaseImage();

/** Tests of a real engine run where there is one that has the image, and have to where that is insisted on. */
export const isSkipped = baseImage === null && !required.has('docker');

/** Containers take longer than processes, most of all on a machine with other things to do. */
export const TEST_TIMEOUT_MS = 60_000;

/** A server in Python: `handler` is the body of `do_GET`. */
export function serve(port: string, handler: string, host = ''): string {
  return `
import http.server, os, signal, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ${handler}
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('${host}', ${port}), Handler).serve_forever()
`;
}

export const OWN_PORT = "int(os.environ['PORT'])";

export const reply = (status: number): string =>
  `self.send_response(${status}); self.end_headers(); self.wfile.write(b'hello')`;

/** The polite signal ends Python at once, which the default action does not do for every program. */
const POLITE = 'import signal, sys; signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))\n';

export const HEALTHY = POLITE + serve(OWN_PORT, reply(200));

const SCRIPTS: Record<Exclude<Program, 'missing'>, string> = {
  healthy: HEALTHY,
  never_ready: POLITE + serve(OWN_PORT, reply(503)),
  exits_with_3: 'import sys; sys.exit(3)',
  ignores_the_polite_signal: `import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n${serve(OWN_PORT, reply(200))}`,
  prints: `import sys; print('one', flush=True); print('two', flush=True); print('!three', file=sys.stderr, flush=True)\n${HEALTHY}`,
};

export const python = (script: string): string[] => ['python3', '-c', script];

export function containerSpec(change: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    imageId: baseImage ?? '',
    imageName: BASE_IMAGE,
    port: 8080,
    mounts: [],
    readOnlyRoot: true,
    user: null,
    gpus: 0,
    egress: false,
    ...change,
  };
}

export interface DockerHarness extends DriverHarness {
  readonly folder: string;
  readonly installationId: string;
  readonly errors: string[];
  open(change?: Partial<DockerDriverOptions>): Promise<DockerDriver>;
  containers(): Promise<Docker.ContainerInfo[]>;
  networks(): Promise<Docker.NetworkInspectInfo[]>;
}

export async function createDockerHarness(): Promise<DockerHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-docker-'));
  const installationId = `test-${randomBytes(8).toString('hex')}`;
  const errors: string[] = [];
  const containers = (): Promise<Docker.ContainerInfo[]> =>
    docker.listContainers({ all: true, filters: { label: instanceFilter(installationId) } });
  const networks = (): Promise<Docker.NetworkInspectInfo[]> =>
    docker.listNetworks({ filters: { label: networkFilter(installationId) } });
  return {
    folder,
    installationId,
    errors,
    containers,
    networks,
    spec: { container: containerSpec() },
    command: (program) => (program === 'missing' ? ['no-such-program'] : python(SCRIPTS[program])),
    async open(change = {}) {
      const driver = createDockerDriver({
        engineHost: ENGINE_HOST,
        installationId,
        folder,
        mountRoots: [join(folder, 'models')],
        listGpus: async () => [],
        measureGpus: async () => [],
        clock: systemClock,
        onError: (what, error) => errors.push(`${what}: ${String(error)}`),
        ...change,
      });
      await driver.start();
      return driver;
    },
    async close() {
      for (const { Id } of await containers()) await docker.getContainer(Id).remove({ force: true, v: true });
      for (const { Id } of await networks()) await docker.getNetwork(Id).remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
