import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { constants } from 'node:os';
import process from 'node:process';
import { z } from 'zod';
import { ConfigError, parseConfig } from '#server/kernel/config.ts';
import { EXIT_CONFIG } from '#server/kernel/exit-status.ts';
import { instanceConfig, tritonLauncherConfig } from './settings.ts';
import { tritonArguments, type TritonPorts } from './triton-command.ts';

/**
 * Runs `tritonserver` as an instance: finds ports for what nobody else calls, passes signals on, and ends as it ends. Triton speaks HTTP itself at
 * the instance's port, so nothing of a request goes through here. The program is the one argument.
 */
async function main(): Promise<void> {
  const settings = parseConfig(tritonLauncherConfig, process.env);
  const instance = z.object(instanceConfig).parse(process.env);
  const grpc = instance.VIRIDIAN_GRPC_PORT ?? (await findFreePort());
  const ports = { http: instance.PORT, grpc, metrics: await findFreePort() };
  const program = process.argv[2] ?? 'tritonserver';
  const args = tritonArguments(instance.AZUREML_MODEL_DIR, settings.VIRIDIAN_TRITON_REPOSITORY, ports);
  process.stdout.write(`${program}: ${sayPorts(ports)}\n`);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  child.once('error', (cause: NodeJS.ErrnoException) =>
    exitWith(statusOf(cause), `${program} did not start: ${cause.message}`),
  );
  child.once('exit', (code, signal) => endAs(code, signal));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => passOn(child, signal));
}

const sayPorts = ({ http, grpc, metrics }: TritonPorts): string =>
  `HTTP on port ${http}, gRPC on ${grpc}, metrics on ${metrics}`;

/** Whoever ends an instance signals all of its processes, so Triton may have heard already; it does not mind to hear it twice. */
function passOn(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}

/** One that nobody listens on now. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** A program that is not there will not be there at the next start either. */
function statusOf({ code }: NodeJS.ErrnoException): number {
  return code === 'ENOENT' || code === 'EACCES' ? EXIT_CONFIG : 1;
}

/** As a shell tells it, a signal counts as 128 and its number. */
function endAs(code: number | null, signal: NodeJS.Signals | null): never {
  if (signal !== null) exitWith(128 + constants.signals[signal], `tritonserver was ended by ${signal}`);
  if (code !== 0) exitWith(code ?? 1, `tritonserver ended with status ${code}`);
  process.exit(0);
}

/** Synchronously, so that the line is there when the process is gone. */
function exitWith(status: number, line: string): never {
  writeSync(2, `${line}\n`);
  process.exit(status);
}

main().catch((cause: unknown) => {
  if (cause instanceof ConfigError) exitWith(EXIT_CONFIG, cause.message);
  if (cause instanceof z.ZodError) exitWith(EXIT_CONFIG, z.prettifyError(cause));
  exitWith(1, cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
});
