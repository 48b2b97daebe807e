import type { LogLine } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey, DeploymentRecord } from '#server/domain/deployment.ts';
import type { BuildLogLine, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { LogSource, LogSourceLine } from '#server/domain/ports.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findDeploymentOrRefuse } from '#server/store/find-or-refuse.ts';
import type { QueryContext } from './query-context.ts';
import { followStorageLog, readStorageLog, type StorageLine } from './read-storage-log.ts';

export interface LogsContext extends Pick<QueryContext, 'database'> {
  logs: LogSource;
  environments: Pick<EnvironmentBuilder, 'readLog' | 'followLog'>;
}

export interface LogsRequest {
  key: DeploymentKey;
  container: 'inference-server' | 'storage-initializer' | 'build';
  tail: number;
  instance?: string | undefined;
  /** RFC 3339. */
  since?: string | undefined;
  /** Only lines after this position. */
  after?: string | undefined;
}

export interface PositionedLogLine extends LogLine {
  /** Position that resumes the stream. */
  cursor: string;
}

/** Console lines of a deployment's instances, oldest first; also of instances that are gone. */
export async function readLogs(context: LogsContext, actor: Actor, request: LogsRequest): Promise<PositionedLogLine[]> {
  const { key, tail, since, after } = request;
  const deployment = await authorizeLogs(context, actor, key);
  if (request.container === 'build') return readBuild(context, deployment, request);
  if (request.container === 'storage-initializer') return readStorage(context, deployment, request);
  const lines = await context.logs.readLogs(key.endpointName, key.name, request.instance ?? null, {
    tail,
    ...(since !== undefined && { since }),
    ...(after !== undefined && { after }),
  });
  return lines.map(present);
}

/** The same as text, one line each. */
export async function readLogText(context: LogsContext, actor: Actor, request: LogsRequest): Promise<string> {
  const lines = await readLogs(context, actor, request);
  return lines.map(({ at, instance, text }) => `${at} ${instance} ${text}\n`).join('');
}

/** Calls back with the newest `tail` lines, or with those after a position, and then with each new one until the signal aborts. */
export async function followLogs(
  context: LogsContext,
  actor: Actor,
  request: LogsRequest,
  onLine: (line: PositionedLogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  if (request.container === 'storage-initializer') return followStorage(context, actor, request, onLine, signal);
  let after = request.after ?? null;
  for (const line of await readLogs(context, actor, request)) {
    onLine(line);
    after = line.cursor;
  }
  const { key, instance = null } = request;
  if (request.container === 'build') {
    const build = (await authorizeLogs(context, actor, key)).spec.environment;
    if (build === undefined) return;
    return context.environments.followLog(build.key, after, (line) => onLine(presentBuildLine(line)), signal);
  }
  await context.logs.followLogs(key.endpointName, key.name, instance, after, (line) => onLine(present(line)), signal);
}

/** Asked before a stream is opened, so that a refusal can still be an answer. */
export async function authorizeLogs(
  context: Pick<LogsContext, 'database'>,
  actor: Actor,
  key: DeploymentKey,
): Promise<DeploymentRecord> {
  authorize(actor, 'logs.read', deploymentPath(key.endpointName, key.name));
  return findDeploymentOrRefuse(context.database, key);
}

/** The log of the environment that the deployment is to have now. */
async function readBuild(
  { environments }: LogsContext,
  { spec }: DeploymentRecord,
  { tail, after }: LogsRequest,
): Promise<PositionedLogLine[]> {
  if (spec.environment === undefined) return [];
  const lines = await environments.readLog(spec.environment.key, { tail, ...(after !== undefined && { after }) });
  return lines.map(presentBuildLine);
}

async function readStorage(
  { database }: LogsContext,
  deployment: DeploymentRecord,
  request: LogsRequest,
): Promise<PositionedLogLine[]> {
  return cut(await readStorageLog(database, deployment, request.instance), request).map(presentStorageLine);
}

async function followStorage(
  context: LogsContext,
  actor: Actor,
  request: LogsRequest,
  onLine: (line: PositionedLogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { database } = context;
  const read = async (): Promise<StorageLine[]> =>
    readStorageLog(database, await authorizeLogs(context, actor, request.key), request.instance);
  const begin = await read();
  const tell = (line: StorageLine): void => onLine(presentStorageLine(line));
  for (const line of cut(begin, request)) tell(line);
  await followStorageLog({ database, key: request.key, read, known: begin, onLine: tell, signal });
}

function cut(lines: readonly StorageLine[], { tail, after }: LogsRequest): readonly StorageLine[] {
  const begin = after === undefined ? 0 : lines.findIndex(({ cursor }) => cursor === after) + 1;
  return tail === 0 ? [] : lines.slice(begin).slice(-tail);
}

const presentStorageLine = (line: StorageLine): PositionedLogLine => ({ ...line, stream: 'system' });

function presentBuildLine({ cursor, at, text }: BuildLogLine): PositionedLogLine {
  return { cursor, at, instance: 'build', stream: 'stdout', text };
}

function present({ cursor, at, instanceId, stream, text }: LogSourceLine): PositionedLogLine {
  return { cursor, at, instance: instanceId, stream, text };
}
