import { join } from 'node:path';

export interface TritonPorts {
  http: number;
  grpc: number;
  metrics: number;
}

/** Only whoever started the instance speaks to it: on the process runtime that is the gateway of the same host. */
const HOST = '127.0.0.1';

/** Requests under way get this long after the polite signal, less than the instance as a whole gets. */
const EXIT_TIMEOUT_SECONDS = 25;

/**
 * Arguments of `tritonserver`: one repository, served as it is, with HTTP where the instance is told to listen. Pure.
 * @param repository path of the model repository inside the folder; empty for the folder itself
 */
export function tritonArguments(modelDir: string, repository: string, ports: TritonPorts): string[] {
  return [
    `--model-repository=${join(modelDir, repository)}`,
    // What a deployment serves changes with the deployment, so that all its instances serve the same.
    '--model-control-mode=none',
    '--exit-on-error=true',
    `--exit-timeout-secs=${EXIT_TIMEOUT_SECONDS}`,
    `--http-address=${HOST}`,
    `--http-port=${ports.http}`,
    `--grpc-address=${HOST}`,
    `--grpc-port=${ports.grpc}`,
    `--metrics-port=${ports.metrics}`,
  ];
}
