import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { availableParallelism, totalmem } from 'node:os';
import type { Capability, Info } from '#lib/contracts/info.ts';

/** What this host can run. The reason and the fix are sentences for the set-up page. */
export interface HostCapabilities {
  python: Capability;
  docker: Capability;
  gpu: Capability;
  gpus: Info['gpus'];
  cpuCount: number;
  memoryMib: number;
}

/** Where to look; the entry point fills it from the environment. */
export interface HostProbes {
  /** Programs to try for Python, best first. */
  pythonPrograms: readonly string[];
  /** Path of the Docker engine's Unix socket. */
  dockerSocket: string;
  nvidiaSmi: string;
}

const PROBE_TIMEOUT_MS = 3_000;
const OLDEST_PYTHON_MINOR = 9;

/** Looks at the host: runs each probe once, side by side, and never throws for something that is absent. */
export async function detectHostCapabilities(probes: HostProbes): Promise<HostCapabilities> {
  const [python, docker, gpus] = await Promise.all([
    detectPython(probes.pythonPrograms),
    detectDocker(probes.dockerSocket),
    listGpus(probes.nvidiaSmi),
  ]);
  return {
    python,
    docker,
    gpu: describeGpus(gpus),
    gpus: gpus.kind === 'found' ? gpus.gpus : [],
    cpuCount: availableParallelism(),
    memoryMib: Math.floor(totalmem() / 2 ** 20),
  };
}

async function detectPython(programs: readonly string[]): Promise<Capability> {
  for (const program of programs) {
    const output = await run(program, ['--version']);
    const version = /^Python (3\.(\d+)\.\S+)/.exec(output ?? '');
    if (version?.[1] !== undefined && Number(version[2]) >= OLDEST_PYTHON_MINOR)
      return { available: true, version: version[1] };
  }
  return {
    available: false,
    reason: `No Python 3.${OLDEST_PYTHON_MINOR} or newer was found as ${programs.join(' or ')}.`,
    fix: 'Install Python 3 (on Debian: apt install python3 python3-venv) and restart Viridian. ONNX models run without it.',
  };
}

/** Whether an engine answers on a Unix socket, with the reason and the fix where none does. */
export async function detectDocker(socketPath: string): Promise<Capability> {
  const answer = await askDocker(socketPath);
  if (answer.kind === 'version') return { available: true, version: answer.version };
  const reasons: Record<string, Capability> = {
    ENOENT: {
      available: false,
      reason: `There is no Docker socket at ${socketPath}.`,
      fix: 'Install Docker and start its daemon, or point DOCKER_HOST at the socket. Process deployments run without it.',
    },
    EACCES: {
      available: false,
      reason: `This user may not open the Docker socket at ${socketPath}.`,
      fix: 'Add the user to the group "docker", sign in again and restart Viridian.',
    },
    ECONNREFUSED: {
      available: false,
      reason: `The socket at ${socketPath} is there but no Docker daemon answers on it.`,
      fix: 'Start the Docker daemon (on Debian: systemctl start docker).',
    },
  };
  return (
    reasons[answer.code] ?? {
      available: false,
      reason: `The Docker daemon at ${socketPath} gave no usable answer (${answer.code}).`,
      fix: 'Check the daemon with "docker version".',
    }
  );
}

type DockerAnswer = { kind: 'version'; version: string } | { kind: 'failed'; code: string };

function askDocker(socketPath: string): Promise<DockerAnswer> {
  return new Promise((resolve) => {
    const fail = (code: string): void => resolve({ kind: 'failed', code });
    const asked = request({ socketPath, path: '/version', timeout: PROBE_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => fail('connection cut'));
      response.on('end', () => {
        const version = parseDockerVersion(Buffer.concat(chunks).toString());
        if (response.statusCode === 200 && version !== null) resolve({ kind: 'version', version });
        else fail(`status ${response.statusCode}`);
      });
    });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('timed out'), { code: 'timed out' })));
    asked.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    asked.end();
  });
}

function parseDockerVersion(body: string): string | null {
  try {
    const { Version, ApiVersion } = JSON.parse(body) as { Version?: string; ApiVersion?: string };
    return Version === undefined ? null : `${Version} (API ${ApiVersion ?? 'unknown'})`;
  } catch {
    // Something else listens on the socket; the caller says so.
    return null;
  }
}

type GpuAnswer = { kind: 'found'; gpus: Info['gpus'] } | { kind: 'no_program' } | { kind: 'failed' };

async function listGpus(nvidiaSmi: string): Promise<GpuAnswer> {
  const output = await run(nvidiaSmi, ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']);
  if (output === null) return { kind: (await run(nvidiaSmi, ['--help'])) === null ? 'no_program' : 'failed' };
  const gpus = output
    .trim()
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter((fields): fields is [string, string] => fields.length === 2 && Number.isFinite(Number(fields[1])))
    .map(([name, memory]) => ({ name, memory_mib: Number(memory) }));
  return gpus.length > 0 ? { kind: 'found', gpus } : { kind: 'failed' };
}

function describeGpus(answer: GpuAnswer): Capability {
  if (answer.kind === 'found') return { available: true, version: answer.gpus.map(({ name }) => name).join(', ') };
  if (answer.kind === 'no_program') {
    return {
      available: false,
      reason: 'No NVIDIA driver was found: the program nvidia-smi is missing.',
      fix: 'Nothing to do on a host without a GPU. With one, install the NVIDIA driver and restart Viridian.',
    };
  }
  return {
    available: false,
    reason: 'nvidia-smi is installed but reports no GPU.',
    fix: 'Run nvidia-smi by hand; after a driver update the host needs a restart.',
  };
}

/** The program's output, or null when it is absent, fails or takes too long. */
function run(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PROBE_TIMEOUT_MS, windowsHide: true }, (error, stdout) =>
      resolve(error === null ? stdout : null),
    );
  });
}

/** The engine's socket from DOCKER_HOST; other transports than a Unix socket are not driven. */
export function dockerSocketFrom(dockerHost: string | undefined): string {
  return dockerHost?.startsWith('unix://') ? dockerHost.slice('unix://'.length) : '/var/run/docker.sock';
}
